"""The sink's connections to PostgreSQL, and what it does while there is none."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

import psycopg
import structlog
from psycopg import AsyncConnection

from pipeline.postgres.patience import persistently
from pipeline.postgres.pool import Pool
from pipeline.postgres.trouble import explain
from pipeline.quarantine import isolate, last_line, shortened
from pipeline.settings import Settings

log = structlog.get_logger(__name__)

Row = TypeVar("Row")
Write = Callable[[AsyncConnection, Sequence[Row]], Awaitable[None]]

REFUSALS: Final = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.ProgramLimitExceeded,
    psycopg.errors.StatementTooComplex,
)
"""PostgreSQL will never take this row."""

LOCK_MS: Final = 10_000
"""A lock that somebody holds longer is waited for without holding locks oneself."""
STATEMENT_MS: Final = 600_000


def create_pool(settings: Settings, name: str = "tidemark-sink") -> Pool:
    """Return a pool, not yet open, that PostgreSQL knows by `name`."""
    return Pool(
        settings.database_url.get_secret_value(),
        name,
        timeout=5.0,
        local={"lock_timeout": LOCK_MS, "statement_timeout": STATEMENT_MS},
        min_size=1,
        max_size=4,
    )


async def write_all(
    pool: Pool,
    write: Write[Row],
    rows: Sequence[Row],
    unforeseen: Callable[[], None] = lambda: None,
) -> list[tuple[Row, str]]:
    """Write `rows` in one transaction; wait out whatever keeps PostgreSQL from it.

    Returns the rows that can't be written, with the reason: halving what failed finds them,
    and all others are written. `unforeseen` is called for each of them that PostgreSQL has
    not refused, but something on the way to it.
    """

    async def store(part: Sequence[Row]) -> None:
        await persistently(pool, "storing", lambda connection: write(connection, part))

    unwritten = []
    for row, error in await isolate(rows, store, _is_rows_fault):
        if isinstance(error, REFUSALS):
            unwritten.append((row, shortened(str(error).strip())))
            continue
        log.error("a row can't be written", exc_info=error)
        unforeseen()
        unwritten.append((row, last_line(error)))
    return unwritten


def _is_rows_fault(error: Exception) -> bool:
    """Say whether another row may fare better.

    What else PostgreSQL reports (a missing privilege, a missing column) would befall each row.
    """
    if isinstance(error, REFUSALS):
        return True
    reported = isinstance(error, psycopg.Error) and error.sqlstate is not None
    return not (reported or isinstance(error, MemoryError) or explain(error) is not None)
