"""How often something happened lately."""

import time
from collections import deque
from typing import Final

WINDOW_SECONDS: Final = 60


class Rate:
    """Events per second over the last minute, or since the start if that is shorter."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._seconds: deque[tuple[int, int]] = deque()

    def add(self, count: int = 1) -> None:
        """Count something that happens now."""
        second = int(time.monotonic())
        if self._seconds and self._seconds[-1][0] == second:
            second, count = second, self._seconds.pop()[1] + count
        self._seconds.append((second, count))
        self._forget(second)

    @property
    def per_second(self) -> float:
        """The mean rate."""
        now = time.monotonic()
        self._forget(int(now))
        span = min(WINDOW_SECONDS, max(1.0, now - self._started))
        return round(sum(count for _, count in self._seconds) / span, 2)

    def _forget(self, now: int) -> None:
        while self._seconds and self._seconds[0][0] <= now - WINDOW_SECONDS:
            self._seconds.popleft()
