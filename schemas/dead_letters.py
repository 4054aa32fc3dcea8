"""Dead letters: the original bytes, and in the headers why they were refused."""

from datetime import datetime
from typing import Final, NamedTuple

from msgspec import Struct

PREFIX: Final = "tidemark."
"""Begins the names of our headers; all others are the refused record's own."""
REASON: Final = "tidemark.reason"
"""Header: one sentence a person understands."""
SOURCE_TOPIC: Final = "tidemark.source.topic"
SOURCE_PARTITION: Final = "tidemark.source.partition"
SOURCE_OFFSET: Final = "tidemark.source.offset"
SOURCE_TIMESTAMP: Final = "tidemark.source.timestamp"
"""Header: the source record's Kafka timestamp, milliseconds since the epoch, decimal."""
CUT: Final = "tidemark.cut"
"""Header: the bytes the record had, where only its beginning is kept: Kafka took no more."""
REDRIVEN_FROM: Final = "tidemark.redriven.from"
"""Header of a record sent back to its topic: its dead letter, `<partition>-<offset>`.

Refused again, it keeps this header in its new dead letter.
"""


class LetterId(NamedTuple):
    """Where a dead letter lies, and when it got there (milliseconds since the epoch).

    The time tells it from one at the same place of a topic that was made anew.
    """

    partition: int
    offset: int
    timestamp: int

    def __str__(self) -> str:
        return f"{self.partition}-{self.offset}"


class Redrive(Struct, rename="camel", kw_only=True):
    """Dead letters that were sent back together: what `quality.dead-letters.redriven` holds."""

    letters: list[LetterId]
    by: str
    at: datetime
