"""Dead letters: the original bytes, and in the headers why they were refused."""

from typing import Final

REASON: Final = "tidemark.reason"
"""Header: one sentence a person understands."""
SOURCE_TOPIC: Final = "tidemark.source.topic"
SOURCE_PARTITION: Final = "tidemark.source.partition"
SOURCE_OFFSET: Final = "tidemark.source.offset"
SOURCE_TIMESTAMP: Final = "tidemark.source.timestamp"
"""Header: the source record's Kafka timestamp, milliseconds since the epoch, decimal."""
