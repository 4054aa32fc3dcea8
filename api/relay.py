"""From the outbox in PostgreSQL to the alerts topic: one relay at a time, in order."""

import asyncio
from typing import Final

import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from api import monitor
from api.problems import Refusal
from api.producer import Producer

log = structlog.get_logger(__name__)

POLL_SECONDS: Final = 1.0
BATCH: Final = 500
LOCK: Final = 0x7469_6465_6F75_7462
"""Advisory lock key of the relay, `tideoutb`."""

_TRY_LOCK: Final = "SELECT pg_try_advisory_xact_lock(%s)"
_LOCK: Final = "SELECT pg_advisory_xact_lock(%s)"
_NEXT: Final = "SELECT id, asset_id, payload::text FROM alert_outbox ORDER BY id LIMIT %s"
_DELETE: Final = "DELETE FROM alert_outbox WHERE id = ANY(%s)"


class Relay:
    """Produces outbox rows and deletes them.

    A crash between the two produces a row again; readers drop the repeated step id.
    """

    def __init__(self, pool: AsyncConnectionPool, producer: Producer, topic: str) -> None:
        self._pool = pool
        self._producer = producer
        self._topic = topic
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look now: something was committed."""
        self._wake.set()

    async def run(self) -> None:
        """Relay until cancelled."""
        waiting = False
        while True:
            try:
                woken = await self._woken()
                while await self._relay(patient=woken) == BATCH:
                    pass
            except (psycopg.Error, PoolTimeout, Refusal) as error:
                monitor.POSTGRES_UP.set(isinstance(error, Refusal))
                if not waiting:
                    log.warning("the outbox waits", error=str(error).strip())
                waiting = True
                await asyncio.sleep(POLL_SECONDS)
            else:
                monitor.POSTGRES_UP.set(1)
                if waiting:
                    log.info("the outbox goes on")
                waiting = False

    async def _woken(self) -> bool:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            return False
        self._wake.clear()
        return True

    async def _relay(self, *, patient: bool) -> int:
        """Relay a batch; return its size. If not `patient`, leave it to another that is at it."""
        async with self._pool.connection() as connection, connection.transaction():
            cursor = await connection.execute(_LOCK if patient else _TRY_LOCK, (LOCK,))
            locked = await cursor.fetchone()
            if locked and locked[0] is False:
                return 0
            rows = await (await connection.execute(_NEXT, (BATCH,))).fetchall()
            if not rows:
                return 0
            await self._producer.deliver(
                self._topic, [(asset_id.encode(), step.encode()) for _, asset_id, step in rows]
            )
            await connection.execute(_DELETE, ([row[0] for row in rows],))
        monitor.OUTBOX_RELAYED.inc(len(rows))
        return len(rows)
