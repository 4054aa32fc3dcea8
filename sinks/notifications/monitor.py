"""Every Prometheus metric of the notifier. None is labelled by asset or channel."""

from prometheus_client import Counter, Gauge, Histogram

from pipeline.exposition import process_registry

REGISTRY = process_registry()

STEPS = Counter("tidemark_notify_steps_total", "Steps of alerts taken in", registry=REGISTRY)
POISONED = Counter(
    "tidemark_notify_poisoned_total",
    "Records and groups that failed in a way nobody foresaw, set aside", registry=REGISTRY,
)  # fmt: skip
PLANNED = Counter("tidemark_notify_groups_total", "Groups of alerts planned", registry=REGISTRY)
ATTEMPTS = Counter(
    "tidemark_notify_attempts_total",
    "Attempts to send a message, by kind of channel and result "
    "(sent, retried, failed, interrupted, cancelled)",
    ["kind", "result"], registry=REGISTRY,
)  # fmt: skip
SEND_SECONDS = Histogram(
    "tidemark_notify_send_seconds", "Time to send one message, by kind of channel", ["kind"],
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60), registry=REGISTRY,
)  # fmt: skip
SENDING = Gauge("tidemark_notify_sending", "Messages being sent just now", registry=REGISTRY)
