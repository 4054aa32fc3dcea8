"""How Tidemark connects, and how each of its transactions begins.

A connection may lead to a pooler that gives each transaction another server, such as
PgBouncer in transaction mode. So nothing is asked of a session: no start-up options, no
prepared statements, no SET that outlives its transaction. What a transaction needs to be
set is set with the statement that begins it, in one round trip, which also tells whether
the server can be written to.
"""

import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, LiteralString

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pipeline.postgres.trouble import READ_ONLY, PostgresUnavailable, explained, one_line
from pipeline.settings import SettingsError

CONNECTING: Final[dict[str, Any]] = {"autocommit": True, "prepare_threshold": None}
"""Arguments of every connection: transactions begin with `BEGIN`, see `beginning`."""

_DEFAULTS: Final[dict[str, Any]] = {
    "connect_timeout": 5,
    # A server that vanishes without a word is missed within half a minute.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
_ALWAYS: Final = "SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'"
_IS_READ_ONLY: Final = "SHOW transaction_read_only"


def conninfo(url: str, name: str) -> str:
    """Return how to connect as an application called `name`; what `url` says itself counts.

    Raises:
        SettingsError: the address can't be read.
    """
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        # The text quotes parts of the address, and so perhaps of the password.
        what = re.sub(r'"[^"]*"', "...", one_line(error))
        raise SettingsError(
            f"TIDEMARK_DATABASE_URL: is not an address of PostgreSQL ({what}); expected "
            "postgresql://role@host:5432/database"
        ) from None
    defaults = _DEFAULTS | {"application_name": name}
    if "," in str(given.get("host") or os.environ.get("PGHOST", "")):
        defaults["target_session_attrs"] = "read-write"
    return make_conninfo(**(defaults | given))


def beginning(**local: LiteralString | int) -> LiteralString:
    """Return the statements that begin a transaction, with these parameters set in it alone."""
    settings = "".join(f"SET LOCAL {name} = '{value}'; " for name, value in local.items())
    return f"BEGIN; {_ALWAYS}; {settings}{_IS_READ_ONLY}"


async def begin(connection: psycopg.AsyncConnection[Any], statements: LiteralString) -> None:
    """Begin a transaction.

    Raises:
        PostgresUnavailable: the server can't be written to; the connection is closed.
        psycopg.Error: the connection is broken.
    """
    cursor = await connection.execute(statements)
    while cursor.nextset():
        pass
    if await cursor.fetchone() == ("on",):
        await connection.close()
        raise PostgresUnavailable(READ_ONLY)


@asynccontextmanager
async def transaction(url: str, name: str, **local: LiteralString | int) -> AsyncIterator[Any]:
    """Connect for one transaction, and disconnect; a standby will do for what only reads.

    Raises:
        PostgresUnavailable: PostgreSQL can't be reached or used.
    """
    with explained():
        async with await psycopg.AsyncConnection.connect(
            conninfo(url, name), **CONNECTING
        ) as connection:
            await connection.execute(beginning(**local))
            yield connection


@contextmanager
def reading(url: str, name: str, **local: LiteralString | int) -> Iterator[psycopg.Connection]:
    """Do the same for code without an event loop.

    Raises:
        PostgresUnavailable: PostgreSQL can't be reached or used.
    """
    with (
        explained(),
        psycopg.connect(conninfo(url, name), **CONNECTING) as connection,
    ):
        connection.execute(beginning(**local))
        yield connection
