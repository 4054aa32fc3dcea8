"""Where a reader stands in the pushed topics, and the opaque token that tells it.

A token is `1` (its version) and, in URL-safe base64, the cluster's mark (4 bytes), then for
each topic the number of its partitions and the offset to go on from in each, as varints.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final, NamedTuple

VERSION: Final = "1"


class Place(NamedTuple):
    """A partition of one of the pushed topics, `topic` being its index."""

    topic: int
    partition: int


Offsets = dict[Place, int]
"""The next offset to read in each partition."""


class InvalidPosition(ValueError):
    """Not a position of this cluster; the message says why."""


class Cursor:
    """A moving position whose token is cheap to write at every step.

    Args:
        mark: 4 bytes that differ between clusters.
        offsets: where it starts; the partitions of each topic are numbered without gaps.
    """

    def __init__(self, mark: bytes, offsets: Mapping[Place, int]) -> None:
        self.offsets: Offsets = dict(offsets)
        self._parts: list[bytes] = [mark]
        self._slots: dict[Place, int] = {}
        for topic, places in groupby(sorted(offsets), key=lambda place: place.topic):
            self._append_topic(list(places))
            self.topics = topic + 1

    def _append_topic(self, places: list[Place]) -> None:
        self._parts.append(varint(len(places)))
        for place in places:
            self._slots[place] = len(self._parts)
            self._parts.append(varint(self.offsets[place]))

    def advance(self, place: Place, next_offset: int) -> None:
        """Go on from `next_offset` in `place`."""
        self.offsets[place] = next_offset
        self._parts[self._slots[place]] = varint(next_offset)

    @property
    def token(self) -> str:
        """The position as clients keep it."""
        text = base64.urlsafe_b64encode(b"".join(self._parts)).rstrip(b"=").decode()
        return VERSION + text


def decode(token: str, mark: bytes, topics: int) -> Offsets:
    """Return the offsets in `token`.

    Raises:
        InvalidPosition: it is no token, or another cluster's.
    """
    if not token.startswith(VERSION):
        raise InvalidPosition("the position is of an unknown version")
    text = token[1:] + "=" * (-(len(token) - 1) % 4)
    try:
        packed = base64.b64decode(text, b"-_", validate=True)
    except ValueError:
        raise InvalidPosition("the position is damaged") from None
    if packed[:4] != mark:
        raise InvalidPosition("the position is of another cluster")
    numbers = _varints(packed[4:])
    try:
        return {
            Place(topic, partition): next(numbers)
            for topic in range(topics)
            for partition in range(next(numbers))
        }
    except StopIteration:
        raise InvalidPosition("the position is damaged") from None


def varint(number: int) -> bytes:
    """Return `number` (>= 0) in groups of 7 bits, lowest first."""
    packed = bytearray()
    while number > 0x7F:
        packed.append(number & 0x7F | 0x80)
        number >>= 7
    packed.append(number)
    return bytes(packed)


def _varints(packed: Sequence[int]) -> Iterator[int]:
    number = shift = 0
    for byte in packed:
        number |= (byte & 0x7F) << shift
        shift += 7
        if shift > 70:
            raise InvalidPosition("the position is damaged")
        if byte < 0x80:
            yield number
            number = shift = 0
    if shift:
        raise InvalidPosition("the position is damaged")
