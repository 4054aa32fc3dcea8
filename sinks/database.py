"""The sink's connections to PostgreSQL, and what it does while there is none."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    wait_random_exponential,
)

from pipeline.settings import Settings

log = structlog.get_logger(__name__)

Row = TypeVar("Row")
Write = Callable[[AsyncConnection, Sequence[Row]], Awaitable[None]]

LONGEST_WAIT_SECONDS: Final = 10.0

REFUSALS: Final = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.ProgramLimitExceeded,
    psycopg.errors.StatementTooComplex,
)
"""PostgreSQL will never take this row."""

OUTAGES: Final = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    PoolTimeout,
    psycopg.errors.ReadOnlySqlTransaction,  # a standby before its promotion
    psycopg.errors.UndefinedTable,  # `tidemark migrate` has yet to run
)
"""PostgreSQL will take it later."""


def create_pool(settings: Settings, name: str = "tidemark-sink") -> AsyncConnectionPool:
    """Return a pool, not yet open, that PostgreSQL knows by `name`."""
    return AsyncConnectionPool(
        settings.database_url.get_secret_value(),
        min_size=1,
        max_size=4,
        timeout=5.0,
        reconnect_timeout=5.0,
        kwargs={
            "application_name": name,
            "connect_timeout": 5,
            "options": "-c timezone=UTC",
        },
        check=AsyncConnectionPool.check_connection,
        open=False,
    )


async def write_all(
    pool: AsyncConnectionPool, write: Write[Row], rows: Sequence[Row]
) -> list[tuple[Row, str]]:
    """Write `rows` in one transaction; wait out whatever keeps PostgreSQL away.

    Returns the rows that PostgreSQL refuses, with the reason: halving what was
    refused finds them, and all others are written.
    """
    try:
        await _persistently(pool, write, rows)
    except REFUSALS as error:
        if len(rows) == 1:
            return [(rows[0], str(error).strip())]
        middle = len(rows) // 2
        return [
            *await write_all(pool, write, rows[:middle]),
            *await write_all(pool, write, rows[middle:]),
        ]
    return []


async def _persistently(pool: AsyncConnectionPool, write: Write[Row], rows: Sequence[Row]) -> None:
    attempts = AsyncRetrying(
        retry=retry_if_exception(_will_pass),
        wait=wait_random_exponential(multiplier=0.1, max=LONGEST_WAIT_SECONDS),
        before_sleep=_tell,
        reraise=True,
    )
    async for attempt in attempts:
        with attempt:
            await pool.open(wait=False)
            async with pool.connection() as connection, connection.transaction():
                await write(connection, rows)
    if attempts.statistics["attempt_number"] > 1:
        log.info("PostgreSQL is back")


def _will_pass(error: BaseException) -> bool:
    # Some refusals are of the classes that mostly mean an outage.
    return isinstance(error, OUTAGES) and not isinstance(error, REFUSALS)


def _tell(state: RetryCallState) -> None:
    if state.attempt_number == 1 and state.outcome is not None:
        log.warning("PostgreSQL is away; Kafka keeps what it is owed", error=_reason(state))


def _reason(state: RetryCallState) -> str:
    error = state.outcome.exception() if state.outcome else None
    return str(error).strip() or type(error).__name__
