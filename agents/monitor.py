"""Every Prometheus metric of the worker. None is labelled by asset."""

from prometheus_client import Counter, Gauge, Histogram

from pipeline.exposition import process_registry
from pipeline.operators.detect import Outcome
from schemas.alerts import Alert

REGISTRY = process_registry()

BATCH_SECONDS = Histogram(
    "tidemark_worker_batch_seconds", "Time from taking up a batch until all of it is in Kafka",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30), registry=REGISTRY,
)  # fmt: skip
EVENTS = Counter(
    "tidemark_worker_events_total", "Events, by fate (applied, late, repeated, rejected)",
    ["fate"], registry=REGISTRY,
)  # fmt: skip
POISONED = Counter(
    "tidemark_worker_poisoned_total",
    "Events and states that failed in a way nobody foresaw, set aside", registry=REGISTRY,
)  # fmt: skip
CHANGES = Counter("tidemark_worker_changes_total", "Changes published", registry=REGISTRY)
ALERTS = Counter(
    "tidemark_worker_alerts_total", "Steps of alerts the stream took, by severity and new status",
    ["severity", "status"], registry=REGISTRY,
)  # fmt: skip
SILENT = Counter(
    "tidemark_worker_silent_assets_total", "Assets that have gone silent", registry=REGISTRY
)
CHANGELOG_BYTES = Counter(
    "tidemark_worker_changelog_bytes_total", "Bytes of state written to the changelog",
    registry=REGISTRY,
)  # fmt: skip
RECREATED = Counter(
    "tidemark_worker_topics_recreated_total",
    "Partitions of the metrics topic found to have been created again", registry=REGISTRY,
)  # fmt: skip
LAG = Gauge(
    "tidemark_worker_lag_records", "Records yet to be read after the last batch of a partition",
    ["partition"], registry=REGISTRY,
)  # fmt: skip
STANDBY_LAG = Gauge(
    "tidemark_worker_standby_lag_records",
    "Changelog records that the copy of another worker's partition is short of",
    ["partition"], registry=REGISTRY,
)  # fmt: skip


def count_outcome(outcome: Outcome) -> None:
    """Count what a batch came to."""
    late, repeated, rejected = len(outcome.late), outcome.repeated, len(outcome.rejected)
    for fate, events in (
        ("applied", len(outcome.applied) - late),
        ("late", late),
        ("repeated", repeated),
        ("rejected", rejected),
    ):
        EVENTS.labels(fate).inc(events)
    CHANGES.inc(len(outcome.changes))
    for alert in outcome.alerts:
        count_alert(alert)


def count_alert(alert: Alert) -> None:
    """Count a step that the stream took."""
    ALERTS.labels(alert.severity.value, alert.status.value).inc()
