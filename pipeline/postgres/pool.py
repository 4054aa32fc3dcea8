"""The pool of connections: each use of one is one transaction, on a server that takes writes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any, Final, LiteralString

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from pipeline.postgres.session import CONNECTING, begin, beginning, conninfo
from pipeline.postgres.trouble import SILENT, PostgresUnavailable, explain

FRESH_SECONDS: Final = 1.0
"""A connection so young tells whether the server takes writes now; an older one may be stale."""
TRIES: Final = 2
"""With connections that are not stale."""


class _Connection(AsyncConnection[Any]):
    """A connection that knows its age."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.born = monotonic()


class Pool(AsyncConnectionPool[_Connection]):
    """Connections to PostgreSQL, or to a pooler before it.

    What was idle while the server was restarted, or was demoted to a standby, is dropped and
    replaced when it is asked for. Errors that say that PostgreSQL is not available
    leave `connection()` as `PostgresUnavailable`, whatever they were.

    Args:
        url: of libpq.
        name: what PostgreSQL knows its connections by.
        timeout: how long to wait for a connection, in seconds.
        local: parameters to set in every transaction.
        options: of the pool.
    """

    def __init__(
        self,
        url: str,
        name: str,
        *,
        timeout: float,
        local: dict[str, LiteralString | int],
        **options: Any,
    ) -> None:
        self._beginning = beginning(**local)
        self._failure: tuple[float, psycopg.Error] | None = None
        seen = self

        class Connection(_Connection):
            @classmethod
            async def connect(cls, *args: Any, **kwargs: Any) -> Any:
                try:
                    made = await super().connect(*args, **kwargs)
                except psycopg.Error as error:
                    seen._failure = monotonic(), error
                    raise
                seen._failure = None
                return made

        super().__init__(
            conninfo(url, name),
            connection_class=Connection,
            kwargs=CONNECTING,
            timeout=timeout,
            reconnect_timeout=5.0,
            open=False,
            **options,
        )

    @asynccontextmanager
    async def connection(self, timeout: float | None = None) -> AsyncIterator[_Connection]:  # noqa: ASYNC109
        """Return a connection in a transaction, committed at the end unless an error comes.

        Raises:
            PostgresUnavailable: there is none, or PostgreSQL failed during its use.
        """
        try:
            wait = self.timeout if timeout is None else timeout
            connection = await self._begun(monotonic() + wait)
            try:
                async with connection:
                    yield connection
            finally:
                await self.putconn(connection)
        except Exception as error:
            found = self._explain(error)
            if found is None or found is error:
                raise
            raise found from error

    async def _begun(self, deadline: float) -> _Connection:
        """Return a connection that works; drop those that have gone stale."""
        asked, tries = monotonic(), 0
        while True:
            connection = await self.getconn(deadline - monotonic())
            try:
                async with asyncio.timeout(max(0.1, deadline - monotonic())):
                    await begin(connection, self._beginning)
            except BaseException as error:
                await connection.close()
                await self.putconn(connection)
                if isinstance(error, TimeoutError):
                    raise PostgresUnavailable(SILENT) from None
                # All that can only read are not replaced at every request.
                read_only = isinstance(error, PostgresUnavailable)
                since = monotonic() - FRESH_SECONDS if read_only else asked
                tries += connection.born > since
                if not isinstance(error, Exception) or tries == TRIES:
                    raise
            else:
                return connection

    def _explain(self, error: Exception) -> PostgresUnavailable | None:
        """Tell why there is no connection rather than that there is none."""
        if isinstance(error, PoolTimeout) and self._failure is not None:
            return explain(self._failure[1])
        return explain(error)
