"""The newest events in memory: most who reconnect have missed only these."""

from collections import deque
from collections.abc import Mapping

from api.live.events import LiveEvent
from api.live.position import Offsets, Place


class Tail:
    """The newest events of each partition.

    Args:
        start: the offset from which on it is told everything.
        limit: how many events are kept for each partition.
    """

    def __init__(self, start: Offsets, limit: int) -> None:
        self._start = dict(start)
        self._kept: dict[Place, deque[tuple[int, LiveEvent]]] = {place: deque() for place in start}
        self._limit = limit
        self._serial = 0

    def append(self, event: LiveEvent) -> None:
        """Keep `event`, the next of its partition."""
        kept = self._kept[event.place]
        kept.append((self._serial, event))
        self._serial += 1
        if len(kept) > self._limit:
            self._start[event.place] = kept.popleft()[1].offset + 1

    def since(self, offsets: Mapping[Place, int]) -> list[LiveEvent] | None:
        """Return the events from `offsets` on, in order of arrival; None if some are gone."""
        found: list[tuple[int, LiveEvent]] = []
        for place, kept in self._kept.items():
            offset = offsets.get(place, 0)
            if offset < self._start[place]:
                return None
            for entry in reversed(kept):
                if entry[1].offset < offset:
                    break
                found.append(entry)
        found.sort(key=lambda entry: entry[0])
        return [event for _, event in found]
