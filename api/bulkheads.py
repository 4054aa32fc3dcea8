"""Keeps what waits in PostgreSQL for one kind of request from taking every connection.

A kind may have half of the connections at once. Once one of its requests has waited for a
lock in vain, the others are refused at once, but for one at a time that tries whether the
lock is gone. All other requests go on as ever.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from time import monotonic
from typing import Any, Final

from pipeline.postgres.pool import Pool
from pipeline.postgres.trouble import BUSY, LOCKED, PostgresUnavailable

KIND: ContextVar[str | None] = ContextVar("kind", default=None)
"""Of the request that is served; what the edge does by itself has none, and no bounds."""
PAUSE_SECONDS: Final = 1.0
"""Between two that try."""


class _Kind:
    """Requests of a kind: how many may be met at once, and whether they meet a lock."""

    def __init__(self, at_once: int) -> None:
        self.room = asyncio.Semaphore(at_once)
        self.locked_at: float | None = None
        self.trying = False

    def check(self) -> bool:
        """Refuse a request that would meet a lock; return whether it is to try."""
        if self.locked_at is None:
            return False
        if self.trying or monotonic() - self.locked_at < PAUSE_SECONDS:
            raise PostgresUnavailable(LOCKED)
        return True


class Bulkheads:
    """Bounds for each kind of request.

    Args:
        at_once: requests of a kind.
        seconds: how long others of it wait for their turn.
    """

    def __init__(self, at_once: int, seconds: float) -> None:
        self._at_once = at_once
        self._seconds = seconds
        self._kinds: dict[str, _Kind] = {}

    @asynccontextmanager
    async def guard(self, name: str) -> AsyncIterator[None]:
        """Let a request through, and learn how it fares.

        Raises:
            PostgresUnavailable: others of its kind wait for a lock, or are too many.
        """
        kind = self._kinds.get(name) or self._kinds.setdefault(name, _Kind(self._at_once))
        kind.check()
        try:
            async with asyncio.timeout(self._seconds):
                await kind.room.acquire()
        except TimeoutError:
            raise PostgresUnavailable(BUSY) from None
        tries = False
        try:
            tries = kind.trying = kind.check()
            yield
        except PostgresUnavailable as error:
            if error.meaning is LOCKED and error.said:
                kind.locked_at = monotonic()
            raise
        else:
            kind.locked_at = None
        finally:
            if tries:
                kind.trying = False
            kind.room.release()


class EdgePool(Pool):
    """A pool whose connections no kind of request takes alone."""

    def __init__(self, url: str, name: str, *, timeout: float, **options: Any) -> None:
        super().__init__(url, name, timeout=timeout, **options)
        self._bulkheads = Bulkheads(max(1, self.max_size // 2), timeout)

    @asynccontextmanager
    async def connection(self, timeout: float | None = None) -> AsyncIterator[Any]:  # noqa: ASYNC109
        """Return a connection as `Pool` does, within the bounds of the request's kind."""
        kind = KIND.get()
        if kind is None:
            async with super().connection(timeout) as connection:
                yield connection
        else:
            async with self._bulkheads.guard(kind), super().connection(timeout) as connection:
                yield connection
