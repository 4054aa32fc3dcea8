"""Rounds: plan what is due, send what is due, again and again."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import psycopg
import structlog

from pipeline.postgres.patience import Patience
from pipeline.postgres.pool import Pool
from pipeline.postgres.trouble import PostgresUnavailable
from pipeline.settings import Settings
from sinks.notifications import deliveries, monitor
from sinks.notifications.courier import Courier
from sinks.notifications.planning import GROUPS, plan_due, put_off

log = structlog.get_logger(__name__)

POLL_SECONDS: Final = 1.0
"""Others may have planned something, and time passes by itself."""
CLEANUP_SECONDS: Final = 3600.0


WAITED_OUT: Final = (PostgresUnavailable, psycopg.Error)


class Rounds:
    """Everything the notifier does by itself. PostgreSQL's absence is waited out."""

    def __init__(self, pool: Pool, courier: Courier, settings: Settings) -> None:
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
            for what, work, woken, seconds in (
                ("planning", self._plan, self._taken_in, POLL_SECONDS),
                ("sending", self._courier.send_due, self._courier.woken, POLL_SECONDS),
                ("sweeping", self._courier.sweep, asyncio.Event(), lease / 4),
                ("cleaning up", self._clean_up, asyncio.Event(), CLEANUP_SECONDS),
            ):
                group.create_task(_again(what, work, woken, seconds))

    async def _plan(self) -> None:
        planned = GROUPS
        while planned == GROUPS:
            try:
                planned = await self._plan_some(GROUPS)
            except WAITED_OUT:
                raise
            except Exception:
                log.exception("groups can't be planned together: each is planned alone")
                await self._plan_each()
                return

    async def _plan_some(self, at_once: int) -> int:
        async with self._pool.connection() as connection:
            planned = await plan_due(connection, self._settings.dashboard_url, at_once)
        monitor.PLANNED.inc(planned)
        if planned:
            self._courier.woken.set()
        return planned

    async def _plan_each(self) -> None:
        """Plan the groups one by one; one that can't be planned is put off for an hour."""
        planned = 1
        while planned:
            try:
                planned = await self._plan_some(1)
            except WAITED_OUT:
                raise
            except Exception as error:
                async with self._pool.connection() as connection:
                    groups = await put_off(connection)
                monitor.POISONED.inc(len(groups))
                log.error("a group can't be planned: put off", groups=groups, exc_info=error)
                planned = len(groups)

    async def _clean_up(self) -> None:
        async with self._pool.connection() as connection:
            await deliveries.clean_up(connection, self._settings.retention_days)


async def _again(
    what: str, work: Callable[[], Awaitable[object]], woken: asyncio.Event, seconds: float
) -> None:
    """Do `work` whenever it is asked for, and every so many seconds."""
    patience = Patience(what)
    while True:
        woken.clear()
        try:
            await work()
        except WAITED_OUT as error:
            patience.failed(error)
            await asyncio.sleep(POLL_SECONDS)
            continue
        except Exception:
            # What was not foreseen must not leave the notifier half alive.
            log.exception("a round has failed and is tried again")
            await asyncio.sleep(POLL_SECONDS)
            continue
        patience.worked()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await woken.wait()
