"""Keeps what waits for a lock in PostgreSQL from taking every connection.

Once a request has waited for a lock in vain, others of its kind are refused at once, but
for one at a time that tries whether the lock is gone. All other requests go on as ever.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Final

from pipeline.postgres.trouble import LOCKED, PostgresUnavailable

PAUSE_SECONDS: Final = 1.0
"""Between two that try."""


@dataclass(slots=True)
class _Open:
    """Requests of a kind are refused."""

    since: float
    trying: bool = False


class Breakers:
    """One breaker for each kind of request."""

    def __init__(self) -> None:
        self._open: dict[str, _Open] = {}

    @contextmanager
    def guard(self, kind: str) -> Iterator[None]:
        """Let a request through, and learn how it fares.

        Raises:
            PostgresUnavailable: others of its kind wait for a lock.
        """
        known = self._open.get(kind)
        if known is not None:
            if known.trying or monotonic() - known.since < PAUSE_SECONDS:
                raise PostgresUnavailable(LOCKED)
            known.trying = True
        try:
            yield
        except PostgresUnavailable as error:
            if error.meaning is LOCKED:
                self._open[kind] = _Open(monotonic())
                known = None
            raise
        else:
            self._open.pop(kind, None)
        finally:
            if known is not None:
                known.trying = False
