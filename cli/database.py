"""PostgreSQL for commands: connect, work, and say plainly what is wrong."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, TypeVar

import psycopg
import typer

from pipeline.log import configure_logging
from pipeline.postgres.patience import Persist, persistently
from pipeline.postgres.pool import Pool
from pipeline.postgres.session import transaction
from pipeline.postgres.trouble import PostgresUnavailable
from pipeline.settings import load_settings

T = TypeVar("T")

Wait = Annotated[
    float, typer.Option(min=0, help="Seconds to wait for PostgreSQL where it is not available.")
]

NAME = "tidemark-command"


def run(work: Callable[[psycopg.AsyncConnection], Awaitable[T]]) -> T:
    """Return what `work` does in one transaction; an unavailable PostgreSQL ends the command."""

    async def connected() -> T:
        url = load_settings().database_url.get_secret_value()
        async with transaction(url, NAME) as connection:
            return await work(connection)

    return told(connected)


def run_job(what: str, work: Callable[[Persist], Awaitable[T]], wait: float) -> T:
    """Return what `work` does in many transactions, each tried again for `wait` seconds."""

    async def pooled() -> T:
        settings = load_settings()
        configure_logging(settings, what)
        url = settings.database_url.get_secret_value()
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
        pool = Pool(url, NAME, timeout=5.0, local={"lock_timeout": 10_000}, min_size=1, max_size=1)
        try:
            return await work(partial(persistently, pool, what, seconds=wait))
        finally:
            await pool.close(timeout=1.0)

    return told(pooled)


def told(work: Callable[[], Awaitable[T]]) -> T:
    """Return what `work` does; an unavailable PostgreSQL ends the command with what that means."""

    async def awaited() -> T:
        return await work()

    try:
        return asyncio.run(awaited())
    except PostgresUnavailable as error:
        raise error.fault() from error
