"""PostgreSQL for commands: connect, work, and say plainly what is wrong."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import psycopg

from pipeline.settings import load_settings

T = TypeVar("T")


def run(work: Callable[[psycopg.AsyncConnection], Awaitable[T]]) -> T:
    """Return what `work` does with a connection whose time zone is UTC; errors end the command."""

    async def connected() -> T:
        url = load_settings().database_url.get_secret_value()
        async with await psycopg.AsyncConnection.connect(
            url, connect_timeout=5, options="-c timezone=UTC"
        ) as connection:
            return await work(connection)

    return told(connected)


def told(work: Callable[[], Awaitable[T]]) -> T:
    """Return what `work` does; errors of PostgreSQL end the command with what they mean."""

    async def awaited() -> T:
        return await work()

    try:
        return asyncio.run(awaited())
    except psycopg.errors.UndefinedTable:
        sys.exit("tidemark: the database lacks tables; run `tidemark migrate`")
    except psycopg.OperationalError as error:
        sys.exit(f"tidemark: PostgreSQL: {str(error).strip()}")
