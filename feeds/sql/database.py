"""Connections for checks: read-only, in UTC, with a limit on every query's time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Timer
from typing import Any, Protocol
from urllib.parse import urlsplit

import psycopg

from feeds.sql.statements import DUCKDB, POSTGRES, Dialect


class Unreachable(Exception):
    """The database can't be reached; no check can run."""


class QueryFailed(Exception):
    """The database refused a query; the message is its own."""


class Database(Protocol):
    """An open connection."""

    dialect: Dialect

    def first_row(self, query: str) -> Sequence[Any]:
        """Run a query and return its first row.

        Raises:
            QueryFailed: it could not be run, or gave no row.
        """


def check_url(url: str) -> None:
    """Refuse a connection URL that no driver here is for.

    Raises:
        ValueError: it is none of postgresql:// and duckdb:///.
    """
    if urlsplit(url).scheme not in {"postgresql", "postgres", "duckdb"}:
        raise ValueError("connection: must begin with postgresql:// or duckdb:///")
    if url.startswith("duckdb:"):
        try:
            import duckdb  # noqa: F401 - only whether it is there
        except ImportError:
            raise ValueError("DuckDB is not installed: pip install 'tidemark[duckdb]'") from None


@contextmanager
def connect(url: str, timeout: float) -> Iterator[Database]:
    """Open a connection; `timeout` in seconds is for each query.

    Raises:
        Unreachable: it can't be opened.
    """
    if url.startswith("duckdb:"):
        with _duckdb(url, timeout) as database:
            yield database
        return
    try:
        connection = psycopg.connect(
            url, autocommit=True, connect_timeout=10, application_name="tidemark-feed",
            options=f"-c statement_timeout={int(timeout * 1000)} -c timezone=UTC"
            " -c default_transaction_read_only=on",
        )  # fmt: skip
    except psycopg.Error as error:
        raise Unreachable(_line(error)) from None
    with connection:
        yield _Postgres(connection)


@contextmanager
def _duckdb(url: str, timeout: float) -> Iterator[Database]:
    import duckdb

    path = url.removeprefix("duckdb:").removeprefix("//").removeprefix("/") or ":memory:"
    try:
        connection = duckdb.connect(path, read_only=path != ":memory:")
        connection.execute("SET TimeZone = 'UTC'")
    except duckdb.Error as error:
        raise Unreachable(_line(error)) from None
    with connection:
        yield _DuckDb(connection, timeout)


class _Postgres:
    dialect = POSTGRES

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._connection = connection

    def first_row(self, query: str) -> Sequence[Any]:
        try:
            row = self._connection.execute(query.encode()).fetchone()
        except psycopg.Error as error:
            raise QueryFailed(_line(error)) from None
        if row is None:
            raise QueryFailed("the query gave no row")
        return row


class _DuckDb:
    dialect = DUCKDB

    def __init__(self, connection: Any, timeout: float) -> None:
        self._connection = connection
        self._timeout = timeout

    def first_row(self, query: str) -> Sequence[Any]:
        import duckdb

        timer = Timer(self._timeout, self._connection.interrupt)
        timer.start()
        try:
            row: Sequence[Any] | None = self._connection.execute(query).fetchone()
        except duckdb.Error as error:
            raise QueryFailed(_line(error)) from None
        finally:
            timer.cancel()
        if row is None:
            raise QueryFailed("the query gave no row")
        return row


def _line(error: Exception) -> str:
    """Return the first line of an error: the rest repeats the query."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
