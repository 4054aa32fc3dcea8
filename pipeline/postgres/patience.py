"""Waiting for PostgreSQL: again and again, and saying so without saying it all the time."""

from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any, Final, Protocol, TypeVar

import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential
from tenacity.stop import stop_after_delay, stop_never

from pipeline.postgres.pool import Pool
from pipeline.postgres.trouble import explain

log = structlog.get_logger(__name__)

T = TypeVar("T")

LONGEST_WAIT_SECONDS: Final = 10.0
REMIND_SECONDS: Final = 60.0


class Persist(Protocol):
    """Returns what some work does in a transaction; `persistently`, with its other arguments."""

    def __call__(self, work: Callable[[Any], Awaitable[T]]) -> Awaitable[T]:
        """Do the work."""


class Patience:
    """Logs that somebody waits for PostgreSQL: at first, for another reason, every minute.

    Args:
        what: waits.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._told: tuple[str, float] | None = None

    def failed(self, error: BaseException) -> None:
        """Note that another try has failed."""
        found = explain(error)
        reason, now = found.reason if found else type(error).__name__, monotonic()
        if self._told is None or reason != self._told[0] or now - self._told[1] > REMIND_SECONDS:
            self._told = reason, now
            log.warning(f"{self._what} waits for PostgreSQL", cause=str(found or error))

    def worked(self) -> None:
        """Note that it goes on."""
        if self._told is not None:
            log.info(f"{self._what} goes on: PostgreSQL is back")
        self._told = None


async def persistently(
    pool: Pool,
    what: str,
    work: Callable[[Any], Awaitable[T]],
    *,
    seconds: float | None = None,
) -> T:
    """Return what `work` does in one transaction, tried until PostgreSQL takes it.

    Args:
        pool: opened if it is not yet open.
        what: waits, for the log.
        work: can be repeated: an answer may be lost after its transaction was committed.
        seconds: how long to try; None: for ever.

    Raises:
        PostgresUnavailable: the time is over.
    """
    patience = Patience(what)

    def failed(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if error is not None:
            patience.failed(error)

    attempts = AsyncRetrying(
        retry=retry_if_exception(lambda error: explain(error) is not None),
        wait=wait_random_exponential(multiplier=0.1, max=LONGEST_WAIT_SECONDS),
        stop=stop_never if seconds is None else stop_after_delay(seconds),
        before_sleep=failed,
        reraise=True,
    )
    async for attempt in attempts:
        with attempt:
            await pool.open(wait=False)
            async with pool.connection() as connection:
                done = await work(connection)
    patience.worked()
    return done
