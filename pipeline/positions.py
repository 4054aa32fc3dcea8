"""Where a consumer goes on reading a partition, and what it has to say about that."""

from typing import NamedTuple

import structlog

log = structlog.get_logger(__name__)


class Extent(NamedTuple):
    """What Kafka holds of a partition: offsets from `first` to before `end`."""

    topic_id: str | None
    """None where the broker has no ids of topics (before Kafka 2.8)."""
    first: int
    end: int


class Committed(NamedTuple):
    """What a group has committed in a partition, and the id of the topic it had read."""

    offset: int
    topic_id: str | None = None


class Start(NamedTuple):
    """The position to read on from, and the topic that position is in."""

    offset: int
    extent: Extent
    committed: Committed | None = None


def is_recreated(known: str | None, now: str | None) -> bool:
    """Say whether a topic is not the one that was known: deleted, and created again."""
    return known is not None and now is not None and known != now


def start_of(topic: str, partition: int, committed: Committed | None, extent: Extent) -> Start:
    """Return where to read on: at the committed offset, or at the first one that Kafka has.

    A committed offset that belongs to a deleted topic, or is not in the log any more, is
    reported as an error and not used.
    """
    if committed is None:
        return Start(extent.first, extent)
    place = {"topic": topic, "partition": partition, "committed": committed.offset}
    if is_recreated(committed.topic_id, extent.topic_id):
        log.error("the topic was deleted and created again: reading it from its beginning", **place)
    elif committed.offset > extent.end:
        log.error(
            "the committed offset is beyond the end of the topic, which was created again or "
            "has lost records: reading it from its beginning",
            end=extent.end,
            **place,
        )
    elif committed.offset < extent.first:
        log.error(
            "records were deleted by the topic's retention before they were read",
            lost=extent.first - committed.offset,
            **place,
        )
    else:
        return Start(committed.offset, extent, committed)
    return Start(extent.first, extent)
