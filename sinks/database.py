"""The sink's connections to PostgreSQL, and what it does while there is none."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

import psycopg
from psycopg import AsyncConnection

from pipeline.postgres.patience import persistently
from pipeline.postgres.pool import Pool
from pipeline.settings import Settings

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


async def write_all(pool: Pool, write: Write[Row], rows: Sequence[Row]) -> list[tuple[Row, str]]:
    """Write `rows` in one transaction; wait out whatever keeps PostgreSQL from it.

    Returns the rows that PostgreSQL refuses, with the reason: halving what was
    refused finds them, and all others are written.
    """
    try:
        await persistently(pool, "storing", lambda connection: write(connection, rows))
    except REFUSALS as error:
        if len(rows) == 1:
            return [(rows[0], str(error).strip())]
        middle = len(rows) // 2
        return [
            *await write_all(pool, write, rows[:middle]),
            *await write_all(pool, write, rows[middle:]),
        ]
    return []
