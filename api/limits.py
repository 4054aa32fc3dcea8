"""Token buckets."""

import time
from collections import OrderedDict
from typing import Final

REMEMBERED: Final = 50_000


class Bucket:
    """Allows `rate` a second on average and `burst` at once."""

    __slots__ = ("_burst", "_left", "_rate", "_then")

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._then = time.monotonic()

    def take(self) -> float:
        """Take one; return 0, or the seconds after which there will be one."""
        wait = self.wait()
        if not wait:
            self._left -= 1
        return wait

    def wait(self) -> float:
        """Return the seconds after which there will be one, 0 if there is."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._then) * self._rate)
        self._then = now
        return 0.0 if self._left >= 1 else (1 - self._left) / self._rate


class Buckets:
    """A bucket for each key, the least used forgotten first."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, key: str) -> float:
        """Take one of `key`'s; return 0, or the seconds to wait. A rate of 0 allows all."""
        if not self._rate:
            return 0.0
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = Bucket(self._rate, self._burst)
            if len(self._buckets) > REMEMBERED:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        return bucket.take()

    def wait(self, key: str) -> float:
        """Return the seconds until `key` may take one, without taking it."""
        bucket = self._buckets.get(key)
        return bucket.wait() if bucket and self._rate else 0.0
