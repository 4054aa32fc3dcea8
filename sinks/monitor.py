"""Every Prometheus metric of the sink."""

from prometheus_client import Counter, Histogram

from pipeline.exposition import process_registry

REGISTRY = process_registry()

STORED = Counter(
    "tidemark_sink_rows_total", "Rows written or found written, by kind", ["kind"],
    registry=REGISTRY,
)  # fmt: skip
EXPIRED = Counter(
    "tidemark_sink_expired_total", "Measurements older than the retention", registry=REGISTRY
)
REFUSED = Counter(
    "tidemark_sink_refused_total", "Rows PostgreSQL refused, now dead letters", registry=REGISTRY
)
POISONED = Counter(
    "tidemark_sink_poisoned_total",
    "Records that failed in a way nobody foresaw, now dead letters", registry=REGISTRY,
)  # fmt: skip
WRITE_SECONDS = Histogram(
    "tidemark_sink_write_seconds", "Time to write one batch, outages included, by kind", ["kind"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30, 300), registry=REGISTRY,
)  # fmt: skip
DAYS_DROPPED = Counter(
    "tidemark_sink_days_dropped_total", "Days of history past the retention", registry=REGISTRY
)
