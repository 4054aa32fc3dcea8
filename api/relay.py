"""From the outbox in PostgreSQL to the alerts topic: one relay at a time, in order."""

import asyncio
from typing import Final

import psycopg
import structlog

from api import monitor
from api.problems import Refusal
from api.producer import Producer
from pipeline.postgres.pool import Pool
from pipeline.postgres.trouble import PostgresUnavailable

log = structlog.get_logger(__name__)

POLL_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 8.0
"""Each failed try may have written the same rows to Kafka again."""
BATCH: Final = 500
LOCK: Final = 0x7469_6465_6F75_7462
"""Advisory lock key of the relay, `tideoutb`."""

# Another relay may take its `DELIVERY_SECONDS`; one that stands still is not waited for long.
_LIMITS: Final = """
    SELECT set_config('lock_timeout', '10s', true),
           set_config('idle_in_transaction_session_timeout', '30s', true)
"""
_TRY_LOCK: Final = "SELECT pg_try_advisory_xact_lock(%s)"
_LOCK: Final = "SELECT pg_advisory_xact_lock(%s)"
_NEXT: Final = "SELECT id, asset_id, payload::text FROM alert_outbox ORDER BY id LIMIT %s"
_DELETE: Final = "DELETE FROM alert_outbox WHERE id = ANY(%s)"


class Relay:
    """Produces outbox rows and deletes them.

    A crash between the two produces a row again; readers drop the repeated step id.
    """

    def __init__(self, pool: Pool, producer: Producer, topic: str) -> None:
        self._pool = pool
        self._producer = producer
        self._topic = topic
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look now: something was committed."""
        self._wake.set()

    async def run(self) -> None:
        """Relay until cancelled."""
        waiting: str | None = None
        pause = POLL_SECONDS
        while True:
            try:
                woken = await self._woken()
                while await self._relay(patient=woken) == BATCH:
                    pass
            except (PostgresUnavailable, psycopg.Error, Refusal) as error:
                monitor.POSTGRES_UP.set(isinstance(error, Refusal))
                if str(error) != waiting:
                    log.warning("the outbox waits", cause=str(error))
                waiting = str(error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            else:
                monitor.POSTGRES_UP.set(1)
                if waiting is not None:
                    log.info("the outbox goes on")
                waiting, pause = None, POLL_SECONDS

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
        async with self._pool.connection() as connection:
            await connection.execute(_LIMITS)
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
