"""Rounds: plan what is due, send what is due, again and again."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from pipeline.settings import Settings
from sinks.notifications import deliveries, monitor
from sinks.notifications.courier import Courier
from sinks.notifications.planning import GROUPS, plan_due

log = structlog.get_logger(__name__)

POLL_SECONDS: Final = 1.0
"""Others may have planned something, and time passes by itself."""
CLEANUP_SECONDS: Final = 3600.0


class Rounds:
    """Everything the notifier does by itself. PostgreSQL's absence is waited out."""

    def __init__(self, pool: AsyncConnectionPool, courier: Courier, settings: Settings) -> None:
        self._pool = pool
        self._courier = courier
        self._settings = settings
        self._taken_in = asyncio.Event()

    def wake(self) -> None:
        """Plan now: something was taken in."""
        self._taken_in.set()

    async def run(self) -> None:
        """Go on until cancelled."""
        await self._pool.open(wait=False)
        lease = self._settings.notify_lease_seconds
        async with asyncio.TaskGroup() as group:
            group.create_task(_again(self._plan, self._taken_in, POLL_SECONDS))
            group.create_task(_again(self._courier.send_due, self._courier.woken, POLL_SECONDS))
            group.create_task(_again(self._courier.sweep, asyncio.Event(), lease / 4))
            group.create_task(_again(self._clean_up, asyncio.Event(), CLEANUP_SECONDS))

    async def _plan(self) -> None:
        planned = GROUPS
        while planned == GROUPS:
            async with self._pool.connection() as connection, connection.transaction():
                planned = await plan_due(connection, self._settings.dashboard_url)
            monitor.PLANNED.inc(planned)
            if planned:
                self._courier.woken.set()

    async def _clean_up(self) -> None:
        async with self._pool.connection() as connection:
            await deliveries.clean_up(connection, self._settings.retention_days)


async def _again(
    work: Callable[[], Awaitable[object]], woken: asyncio.Event, seconds: float
) -> None:
    """Do `work` whenever it is asked for, and every so many seconds."""
    waiting = False
    while True:
        woken.clear()
        try:
            await work()
        except (psycopg.Error, PoolTimeout) as error:
            if not waiting:
                log.warning("waiting for PostgreSQL", cause=str(error).strip())
            waiting = True
            await asyncio.sleep(POLL_SECONDS)
            continue
        if waiting:
            log.info("PostgreSQL is back")
        waiting = False
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await woken.wait()
