"""The newest events in memory: most who reconnect have missed only these."""

from collections import deque
from collections.abc import Callable, Mapping
from itertools import takewhile
from typing import NamedTuple

from api.live.events import LiveEvent
from api.live.position import Offsets, Place


class _Entry(NamedTuple):
    serial: int
    written: int
    event: LiveEvent


class Tail:
    """The newest events of each partition.

    Args:
        start: the offset from which on it is told everything.
        limit: how many events are kept for each partition.
    """

    def __init__(self, start: Offsets, limit: int) -> None:
        self._start = dict(start)
        self._kept: dict[Place, deque[_Entry]] = {place: deque() for place in start}
        self._limit = limit
        self._serial = 0

    def append(self, event: LiveEvent, written: int) -> None:
        """Keep `event`, the next of its partition, with its time in Kafka (Unix ms)."""
        kept = self._kept[event.place]
        kept.append(_Entry(self._serial, written, event))
        self._serial += 1
        if len(kept) > self._limit:
            self._start[event.place] = kept.popleft().event.offset + 1

    def since(self, offsets: Mapping[Place, int]) -> list[LiveEvent] | None:
        """Return the events from `offsets` on, in order of arrival; None if some are gone."""
        if any(offsets.get(place, 0) < start for place, start in self._start.items()):
            return None
        return self._newest(lambda entry: entry.event.offset >= offsets.get(entry.event.place, 0))

    def written_since(self, moment: float) -> list[LiveEvent]:
        """Return the kept events that Kafka has since `moment` (Unix ms), in order of arrival."""
        return self._newest(lambda entry: entry.written >= moment)

    def _newest(self, is_asked_for: Callable[[_Entry], bool]) -> list[LiveEvent]:
        """Return, of each partition, the events back to the first that is not asked for."""
        found = [
            entry
            for kept in self._kept.values()
            for entry in takewhile(is_asked_for, reversed(kept))
        ]
        return [entry.event for entry in sorted(found)]
