"""How far the source partition is applied: kept beside the states of its assets.

A topic that was deleted and created again counts its offsets from 0 anew, but states remember
the last one applied to them. So they count in positions, which never start over: the offset
plus a base, which is 0 until the topic is created again.
"""

from typing import Final, NamedTuple, Self

from msgspec import Struct
from msgspec.msgpack import Decoder, Encoder

from pipeline.positions import Start, is_recreated
from tables.codec import VERSION

_encode: Final = Encoder().encode
RESERVED: Final = b"\0"
"""What keys begin with that are no asset's: no asset id holds U+0000."""


class Mark(Struct, array_like=True, frozen=True):
    """`offset` is the position of the last event applied, `base` what offsets are counted from.

    The leading fields are those of an asset that never spoke: a release that knows no marks
    takes it for one, and leaves it alone.
    """

    offset: int = -1
    last_seen: int = 0
    gap_mean: float = 0.0
    gap_deviation: float = 0.0
    gaps: int = 0
    stale_since: int = 0
    topic_id: str | None = None
    base: int = 0

    @classmethod
    def before(cls, offset: int, base: int, topic_id: str | None) -> Self:
        """Return the mark of a partition whose next event is that at `offset`."""
        return cls(offset=base + offset - 1, base=base, topic_id=topic_id)

    @property
    def next_offset(self) -> int:
        """The offset in the source from which nothing is applied yet."""
        return self.offset + 1 - self.base

    def reaching(self, end: int) -> "Mark":
        """Return this mark with everything before the offset `end` applied."""
        return Mark.before(max(end, self.next_offset), self.base, self.topic_id)


_decode: Final = Decoder(Mark).decode


def mark_key(partition: int) -> bytes:
    """Return the key under which the mark of a source partition is kept."""
    return b"%bmark-%d" % (RESERVED, partition)


def encode(mark: Mark) -> bytes:
    """Return the bytes of `mark`."""
    return VERSION + _encode(mark)


def decode(raw: bytes) -> Mark:
    """Return the mark in `raw`."""
    return _decode(memoryview(raw)[1:])


class Placed(NamedTuple):
    """Where to go on reading a source partition, and what that means.

    `lost` counts offsets that were deleted before they were read.
    """

    mark: Mark
    offset: int
    recreated: bool = False
    lost: int = 0


def place(mark: Mark | None, start: Start, applied: int) -> Placed:
    """Return where to go on, given how far the state is and what the group has committed.

    Nothing is left out: where the state has seen less than was committed, events are read
    again from where it ends. `applied` is the highest position that any state has seen.
    """
    extent = start.extent
    if mark is None:
        return Placed(Mark.before(start.offset, 0, extent.topic_id), start.offset)
    if is_recreated(mark.topic_id, extent.topic_id) or mark.next_offset > extent.end:
        base = max(mark.offset, applied) + 1
        return Placed(Mark.before(extent.first, base, extent.topic_id), extent.first, True)
    mark = Mark.before(mark.next_offset, mark.base, extent.topic_id or mark.topic_id)
    if mark.next_offset < extent.first:
        lost = extent.first - mark.next_offset
        return Placed(mark.reaching(extent.first), extent.first, lost=lost)
    if start.committed is None:
        return Placed(mark, mark.next_offset)
    return Placed(mark, min(start.offset, mark.next_offset))
