"""Every Prometheus metric of the edge. None is labelled by asset or client."""

from prometheus_client import Counter, Gauge, Histogram

from pipeline.exposition import process_registry
from pipeline.lag import LagMeter

REGISTRY = process_registry()
LAG = LagMeter(REGISTRY)

REQUESTS = Counter(
    "tidemark_http_requests_total", "Requests by route template and status",
    ["method", "route", "status"], registry=REGISTRY,
)  # fmt: skip
REQUEST_SECONDS = Histogram(
    "tidemark_http_request_seconds", "Time to answer by route template", ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5), registry=REGISTRY,
)  # fmt: skip
EVENTS_POSTED = Counter(
    "tidemark_http_events_total", "Events posted, by verdict", ["verdict"], registry=REGISTRY
)
CONNECTIONS = Gauge("tidemark_ws_connections", "Open WebSockets", registry=REGISTRY)
SUBSCRIBED = Gauge(
    "tidemark_ws_subscribed_connections", "Open WebSockets with a subscription", registry=REGISTRY
)
STALLED = Gauge(
    "tidemark_ws_stalled_connections", "WebSockets that take nothing just now", registry=REGISTRY
)
PUSHED = Counter(
    "tidemark_ws_messages_total", "Messages handed to subscribers, by kind", ["kind"],
    registry=REGISTRY,
)  # fmt: skip
CONFLATED = Counter(
    "tidemark_ws_conflated_total", "Changes replaced by newer ones before they were sent",
    registry=REGISTRY,
)  # fmt: skip
CLOSED = Counter(
    "tidemark_ws_closed_total", "WebSockets closed by the edge, by close code", ["code"],
    registry=REGISTRY,
)  # fmt: skip
RESUMED = Counter(
    "tidemark_ws_resumes_total", "Resumes, by outcome (tail, kafka, or why it failed)",
    ["outcome"], registry=REGISTRY,
)  # fmt: skip
READ = Counter(
    "tidemark_edge_records_total", "Records read, by kind and fate (pushed, repeat, unreadable)",
    ["kind", "fate"], registry=REGISTRY,
)  # fmt: skip
PUSH_SECONDS = Histogram(
    "tidemark_edge_push_seconds", "From a record's Kafka timestamp to its last subscriber's line",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5), registry=REGISTRY,
)  # fmt: skip
FEED_LAG = Gauge("tidemark_edge_lag_records", "Records the edge has yet to read", registry=REGISTRY)
KAFKA_UP = Gauge("tidemark_edge_kafka_up", "1 while Kafka answers", registry=REGISTRY)
POSTGRES_UP = Gauge("tidemark_edge_postgres_up", "1 while PostgreSQL answers", registry=REGISTRY)
LOST = Gauge(
    "tidemark_edge_lost_records",
    "Records that Kafka deleted before a consumer group had read them, since this edge started",
    ["group"], registry=REGISTRY,
)  # fmt: skip
EXPIRING = Gauge(
    "tidemark_edge_expiring_records",
    "Unread records that Kafka will delete next: older than three quarters of the retention",
    ["group"], registry=REGISTRY,
)  # fmt: skip
OUTBOX_RELAYED = Counter(
    "tidemark_outbox_relayed_total", "Alert steps relayed to Kafka", registry=REGISTRY
)
STEPS = Counter(
    "tidemark_alert_steps_total", "Alert steps taken at this edge", ["action"], registry=REGISTRY
)
REFUSED = Counter(
    "tidemark_refused_total", "Requests refused before they reached a handler, by problem code",
    ["code"], registry=REGISTRY,
)  # fmt: skip
ENDED = Counter(
    "tidemark_http_connections_ended_total",
    "Connections ended for what the peer sent, or for how slowly it sent or read",
    ["reason"], registry=REGISTRY,
)  # fmt: skip
DESK = Gauge(
    "tidemark_http_documents_held", "Documents that are parsed or wait for it", registry=REGISTRY
)
