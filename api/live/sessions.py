"""Rows of `websocket_sessions`: written in batches, so that all edges can be counted."""

import asyncio
from datetime import timedelta
from typing import Any, Final, NamedTuple

import psycopg
import structlog
from psycopg.rows import class_row

from api.live.client import Client
from api.live.hub import Hub
from pipeline.postgres.pool import Pool
from pipeline.postgres.trouble import PostgresUnavailable

log = structlog.get_logger(__name__)

INTERVAL_SECONDS: Final = 5.0
FRESH: Final = timedelta(seconds=30)
"""Sessions not refreshed for so long belong to an edge that is gone."""

_REFRESH: Final = """
    INSERT INTO websocket_sessions
        (client_id, edge_id, actor, address, user_agent, connected_at, last_seen_at, subscriptions)
    SELECT unnest(%(ids)s::uuid[]), %(edge)s, unnest(%(actors)s::text[]),
           unnest(%(addresses)s::text[]), unnest(%(agents)s::text[]),
           unnest(%(connected)s::timestamptz[]), now(), unnest(%(subscriptions)s::int[])
    ON CONFLICT (client_id) DO UPDATE SET
        actor = excluded.actor, last_seen_at = excluded.last_seen_at,
        subscriptions = excluded.subscriptions
"""
_FORGET: Final = """
    DELETE FROM websocket_sessions WHERE edge_id = %(edge)s AND NOT client_id = ANY(%(ids)s)
"""
_CLEAN: Final = "SELECT cleanup_stale_websocket_sessions()"
_EVERYWHERE: Final = """
    SELECT count(*) AS connections, count(DISTINCT edge_id) AS edges
    FROM websocket_sessions WHERE last_seen_at > now() - %s
"""


class Everywhere(NamedTuple):
    """What all edges serve."""

    connections: int
    edges: int


class Sessions:
    """Keeps this edge's rows and sweeps up those of edges that have died."""

    def __init__(self, pool: Pool, hub: Hub, edge_id: str) -> None:
        self._pool = pool
        self._hub = hub
        self._edge_id = edge_id

    async def run(self) -> None:
        """Write every few seconds until cancelled."""
        while True:
            await asyncio.sleep(INTERVAL_SECONDS)
            try:
                await self._write(list(self._hub.clients))
            except (PostgresUnavailable, psycopg.Error) as error:
                log.debug("sessions not written", error=str(error))

    async def say_goodbye(self) -> None:
        """Delete this edge's rows."""
        try:
            async with asyncio.timeout(0.5), self._pool.connection(timeout=0.4) as connection:
                await connection.execute(_FORGET, {"edge": self._edge_id, "ids": []})
        except (PostgresUnavailable, psycopg.Error, TimeoutError):
            log.debug("sessions are left to be swept up")

    async def everywhere(self) -> Everywhere | None:
        """Count the sockets and edges of the last half minute; None if that is not known."""
        try:
            async with self._pool.connection() as connection:
                cursor = connection.cursor(row_factory=class_row(Everywhere))
                return await (await cursor.execute(_EVERYWHERE, (FRESH,))).fetchone()
        except PostgresUnavailable:
            return None

    async def _write(self, clients: list[Client]) -> None:
        rows = _rows(clients) | {"edge": self._edge_id}
        async with self._pool.connection() as connection:
            if clients:
                await connection.execute(_REFRESH, rows)
            await connection.execute(_FORGET, rows)
            await connection.execute(_CLEAN)


def _rows(clients: list[Client]) -> dict[str, Any]:
    return {
        "ids": [client.id for client in clients],
        "actors": [client.caller.actor if client.caller else None for client in clients],
        "addresses": [client.address for client in clients],
        "agents": [client.user_agent for client in clients],
        "connected": [client.connected_at for client in clients],
        "subscriptions": [len(client.subscriptions) for client in clients],
    }
