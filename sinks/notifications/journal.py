"""The journal: what became of each message, in Kafka, which outlives a restored backup.

PostgreSQL decides what is sent. But a database that is restored from a backup has forgotten
what was sent since, and would send it again: `tidemark restore` reads it here.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
import structlog

from schemas.deliveries import DeliveryState, DeliveryStep
from sinks.notifications.deliveries import Claimed

log = structlog.get_logger(__name__)

SECONDS: Final = 5.0
"""A message to people waits no longer for Kafka."""


class Journal:
    """Writes a record for each claim, before anything is sent, and for each result.

    Args:
        produce: writes a key and a value, and returns when Kafka has them.
    """

    def __init__(self, produce: Callable[[bytes, bytes], Awaitable[None]]) -> None:
        self._produce = produce

    async def note(self, claimed: Claimed, state: DeliveryState, error: str | None = None) -> None:
        """Write where a delivery stands. Without Kafka it goes on all the same, and says so."""
        step = DeliveryStep(
            id=claimed.id,
            channel_id=claimed.channel_id,
            channel_name=claimed.channel_name,
            subscription_id=claimed.subscription_id,
            actor=claimed.owner,
            notification=claimed.notification,
            state=state,
            attempts=claimed.attempts,
            created_at=claimed.created_at,
            entries=claimed.entries,
            error=error,
        )
        try:
            async with asyncio.timeout(SECONDS):
                await self._produce(str(claimed.id).encode(), msgspec.json.encode(step))
        except Exception as unwritten:
            log.warning(
                "not in the journal: after a restore this message may be sent again",
                delivery=str(claimed.id), state=state, cause=repr(unwritten),
            )  # fmt: skip
