"""Report data-quality metrics to Tidemark from ingestion jobs.

with Reporter("http://tidemark:3002", source="nightly-load") as r:
    r.score("warehouse.sales.orders", 93.5)
"""

from tidemark_client.buffering import Buffering
from tidemark_client.delivery import Stats
from tidemark_client.errors import (
    BufferFull,
    ConfigurationError,
    DeliveryError,
    InvalidEvent,
    TidemarkError,
)
from tidemark_client.reporter import AsyncReporter, Reporter
from tidemark_client.transports import Refusal, Transport, Unavailable
from tidemark_client.transports.http import HttpTransport
from tidemark_client.transports.kafka import KafkaTransport
from tidemark_client.wire import MetricType

__all__ = [
    "AsyncReporter",
    "BufferFull",
    "Buffering",
    "ConfigurationError",
    "DeliveryError",
    "HttpTransport",
    "InvalidEvent",
    "KafkaTransport",
    "MetricType",
    "Refusal",
    "Reporter",
    "Stats",
    "TidemarkError",
    "Transport",
    "Unavailable",
]
