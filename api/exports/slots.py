"""Slots: how many exports run at once on an edge, and for one caller."""

from collections import Counter
from typing import Final

AT_ONCE: Final = 4
"""Exports an edge serves at the same time: each holds a connection to PostgreSQL."""
OF_ONE: Final = 2
"""Of these, one caller's: the others are for others."""


class Slots:
    """Counts the exports that run."""

    def __init__(self) -> None:
        self._running: Counter[str] = Counter()

    def take(self, actor: str) -> str | None:
        """Take a slot; return why there is none."""
        if self._running[actor] >= OF_ONE:
            return f"{OF_ONE} exports of yours are running on this edge"
        if self._running.total() >= AT_ONCE:
            return f"{AT_ONCE} exports are running on this edge"
        self._running[actor] += 1
        return None

    def give_back(self, actor: str) -> None:
        """Let somebody else have a slot that `actor` took."""
        self._running[actor] -= 1
        self._running += Counter()  # forgets those without any
