"""What has been read already: Kafka delivers at least once, people are told once."""

from collections import OrderedDict

from api.live.position import Place

Spot = tuple[Place, int]
"""A partition and an offset in it."""


class Seen:
    """The newest `limit` keys, and where each was first read."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._first: OrderedDict[str, Spot] = OrderedDict()

    def is_repeat(self, key: str, spot: Spot) -> bool:
        """Say whether `key` was first read at another spot; remember it if it is new."""
        first = self._first.setdefault(key, spot)
        if first != spot:
            return True
        if len(self._first) > self._limit:
            self._first.popitem(last=False)
        return False

    def known_elsewhere(self, key: str, spot: Spot) -> bool:
        """The same question, without remembering."""
        return self._first.get(key, spot) != spot
