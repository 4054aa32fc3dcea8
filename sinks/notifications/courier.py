"""The courier: claims deliveries that are due, sends them, writes down what became of them."""

import asyncio
import os
import random
import socket
import traceback
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final
from uuid import UUID, uuid4

import structlog
from psycopg import AsyncConnection

from pipeline.operators.routing.backoff import wait_seconds
from pipeline.postgres.patience import persistently
from pipeline.postgres.pool import Pool
from pipeline.settings import Settings
from schemas.deliveries import DeliveryState
from sinks.notifications import deliveries, monitor
from sinks.notifications.deliveries import Claimed
from sinks.notifications.journal import Journal
from sinks.notifications.senders.dispatch import Dispatch
from sinks.notifications.senders.target import DeliveryError

log = structlog.get_logger(__name__)

CONCURRENT: Final = 16
"""Messages one process sends at a time."""
CANCELLED: Final = "the channel was deleted, or the key of its owner was revoked or has expired"

GiveUp = Callable[[Claimed, str], Awaitable[None]]
Write = Callable[[AsyncConnection], Awaitable[None]]


class Courier:
    """Sends what is due. Several processes may do so: each delivery is claimed by one.

    The claim is committed before anything is sent. A process that dies in between leaves
    it behind, and whoever finds it (see `deliveries.sweep`) cannot know whether the message
    arrived: it does not go out a second time by itself.

    Args:
        pool: connections to PostgreSQL.
        dispatch: sends.
        give_up: tells of a message that is not tried again, with the reason.
        journal: tells Kafka what becomes of each message, before PostgreSQL.
        settings: how often and how long.
    """

    def __init__(
        self,
        pool: Pool,
        dispatch: Dispatch,
        give_up: GiveUp,
        journal: Journal,
        settings: Settings,
    ) -> None:
        self._pool = pool
        self._dispatch = dispatch
        self._give_up = give_up
        self._journal = journal
        self._settings = settings
        self._sending: dict[UUID, asyncio.Task[None]] = {}
        self._claim_in_doubt = False
        self._stopped = False
        self.woken = asyncio.Event()
        """Set when there may be something to send, and room for it."""
        self.name = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"

    async def send_due(self) -> int:
        """Begin to send what is due, as much as there is room for; return how much it was.

        Raises:
            PostgresUnavailable: PostgreSQL is away.
        """
        room = CONCURRENT - len(self._sending)
        if self._stopped or room <= 0:
            return 0
        async with self._pool.connection() as connection:
            if self._claim_in_doubt:
                await deliveries.release(connection, self.name, list(self._sending))
            self._claim_in_doubt = True
            claimed = await deliveries.claim(connection, self.name, room)
        # An answer that never came may be of a claim that was committed.
        self._claim_in_doubt = False
        for one in claimed:
            task = asyncio.create_task(self._deliver(one))
            self._sending[one.id] = task
            task.add_done_callback(partial(self._done, one.id))
        monitor.SENDING.set(len(self._sending))
        return len(claimed)

    async def sweep(self) -> None:
        """Deal with what others claimed and never finished.

        Raises:
            PostgresUnavailable: PostgreSQL is away.
        """
        async with self._pool.connection() as connection:
            swept = await deliveries.sweep(connection, self._settings.notify_lease_seconds)
        for one in swept:
            monitor.ATTEMPTS.labels("unknown", DeliveryState.INTERRUPTED).inc()
            log.warning(
                "a delivery was interrupted", delivery=str(one.id), channel=one.channel_name,
                state=one.state,
            )  # fmt: skip

    async def stop(self) -> None:
        """Claim nothing more and finish what is being sent."""
        self._stopped = True
        if self._sending:
            await asyncio.wait(
                self._sending.values(), timeout=self._settings.notify_timeout_seconds
            )
        await self._dispatch.close()

    def _done(self, delivery: UUID, _: asyncio.Task[None]) -> None:
        self._sending.pop(delivery, None)
        monitor.SENDING.set(len(self._sending))
        self.woken.set()

    async def _deliver(self, claimed: Claimed) -> None:
        if claimed.kind is None or claimed.actor is None:
            await self._record(claimed, DeliveryState.CANCELLED, CANCELLED)
            return
        await self._journal.note(claimed, DeliveryState.SENDING)
        try:
            with monitor.SEND_SECONDS.labels(claimed.kind).time():
                await self._send(claimed, claimed.kind, claimed.actor)
        except DeliveryError as error:
            await self._failed(claimed, error)
        except Exception as error:
            # Its text may hold what the address does.
            stack = "".join(traceback.format_tb(error.__traceback__))
            name = type(error).__name__
            log.error("a sender has a fault", delivery=str(claimed.id), error=name, stack=stack)
            await self._failed(claimed, DeliveryError(f"the sender failed: {name}"))
        else:
            log.info("sent", delivery=str(claimed.id), channel=claimed.channel_name)
            await self._record(claimed, DeliveryState.SENT)

    async def _send(self, claimed: Claimed, kind: str, actor: str) -> None:
        target = self._dispatch.open(kind, actor, claimed.sealed_address, claimed.sealed_secret)
        await self._dispatch.send(target, claimed.notification)

    async def _failed(self, claimed: Claimed, error: DeliveryError) -> None:
        said = {"delivery": str(claimed.id), "channel": claimed.channel_name, "error": str(error)}
        if not error.final and claimed.attempts < self._settings.notify_attempts:
            log.warning("not sent, tried again later", **said)
            await self._retry(claimed, str(error))
            return
        reason = f"given up after {claimed.attempts} attempt(s): {error}"
        try:
            await self._give_up(claimed, reason)
        except Exception as unwritten:
            log.warning("not given up yet: no dead letter", cause=str(unwritten), **said)
            await self._retry(claimed, str(error))
            return
        log.error("given up, see the dead letters", **said)
        await self._record(claimed, DeliveryState.FAILED, reason)

    async def _retry(self, claimed: Claimed, error: str) -> None:
        first = self._settings.notify_retry_seconds
        wait = wait_seconds(claimed.attempts, first, random.random())  # noqa: S311 - jitter
        await self._journal.note(claimed, DeliveryState.PENDING, error)

        async def write(connection: AsyncConnection) -> None:
            await deliveries.retry_later(connection, self.name, claimed.id, wait, error)

        await self._write(claimed, "retried", write)

    async def _record(
        self, claimed: Claimed, state: DeliveryState, error: str | None = None
    ) -> None:
        await self._journal.note(claimed, state, error)

        async def write(connection: AsyncConnection) -> None:
            await deliveries.finish(connection, self.name, claimed.id, state, error)

        await self._write(claimed, state, write)

    async def _write(self, claimed: Claimed, result: str, write: Write) -> None:
        """Write until it is written: what was sent must not be taken for in doubt."""
        monitor.ATTEMPTS.labels(claimed.kind or "unknown", result).inc()
        await persistently(self._pool, "a delivery's result", write)
