"""A Kafka record, as far as Tidemark reads it."""

from typing import Protocol


class Record(Protocol):
    """What aiokafka delivers; `timestamp` is the arrival, in ms since the epoch."""

    @property
    def key(self) -> bytes | None:
        """The asset id on the metrics topic."""

    @property
    def value(self) -> bytes | None:
        """The payload, None for a tombstone."""

    @property
    def offset(self) -> int:
        """The place in its partition."""

    @property
    def timestamp(self) -> int:
        """When the record arrived at the broker."""

    @property
    def headers(self) -> tuple[tuple[str, bytes], ...]:
        """Headers in order; names may repeat."""
