"""Going on where a socket broke off: what was missed, then live, without gap or repeat."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from aiokafka.errors import KafkaError
from msgspec import Raw

from api import monitor
from api.live.client import Client
from api.live.events import LiveEvent, now_text
from api.live.feed import Feed
from api.live.frames import text_frame
from api.live.position import Cursor, InvalidPosition, Offsets, decode
from api.live.replay import TooOld
from schemas.websocket import Resume, Resumed, ResumeFailed, ResumeFailureReason, Subscribed

TOPICS: Final = 2
CATCH_UP_SECONDS: Final = 5.0
"""How long an edge may take to read as far as another had when it sent the position."""
TURN_EVENTS: Final = 200
"""After so many of them, others of the loop have their turn."""

SendSnapshot = Callable[[], Awaitable[None]]
"""Sends what PostgreSQL has, ahead of what is held."""


class _Failed(Exception):
    def __init__(self, reason: ResumeFailureReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


async def resume(
    client: Client, feed: Feed, request: Resume, request_id: str | None, snapshot: SendSnapshot
) -> bool:
    """Serve a `resume`; return whether it was possible. If not, a snapshot is sent.

    Live events are held from the moment the subscriptions stand until all that went
    before is sent.

    Raises:
        Refusal: the subscriptions are too much.
        LineLost: the client went meanwhile.
    """
    offsets: Offsets = {}
    failure: _Failed | None = None
    try:
        offsets = await _start(feed, request.position)
    except _Failed as error:
        failure = error
    await client.outbox.drained()
    # No await from here to `hold`: an event is either below `upto` or held.
    client.replace_subscriptions(request.subscriptions)
    client.outbox.hold()
    held_from, recent = feed.token, feed.recent()
    try:
        if failure is None:
            try:
                await _replay(client, feed, offsets, request_id)
            except _Failed as error:
                failure = error
        if failure is not None:
            await _fail(client, failure, request_id)
            await snapshot()
            await _bring_up(client, recent, held_from)
    finally:
        client.outbox.release()
    return failure is None


async def _start(feed: Feed, position: str) -> Offsets:
    """Return the offsets to go on from, once this edge has read that far itself."""
    if not await feed.reached({}, CATCH_UP_SECONDS):
        raise _Failed(ResumeFailureReason.UNAVAILABLE, "Kafka is away just now")
    try:
        offsets = decode(position, feed.mark, TOPICS)
    except InvalidPosition as error:
        raise _Failed(ResumeFailureReason.INVALID, str(error)) from None
    if not await feed.reached(offsets, CATCH_UP_SECONDS):
        raise _Failed(ResumeFailureReason.TOO_FAR, "the position is ahead of what Kafka holds")
    return offsets


async def _replay(client: Client, feed: Feed, offsets: Offsets, request_id: str | None) -> None:
    assert feed.cursor is not None  # noqa: S101
    upto = dict(feed.cursor.offsets)
    cursor = Cursor(feed.mark, {place: offsets.get(place, 0) for place in upto})
    kept = feed.tail_since(offsets)
    missed = feed.missed(offsets, upto) if kept is None else _each(kept)
    sent = 0
    try:
        async for event in missed:
            cursor.advance(event.place, event.offset + 1)
            if client.wants(event):
                message = event.message(cursor.token, now_text())
                await client.outbox.send_ahead(text_frame(message))
                sent += 1
    except TooOld as error:
        raise _Failed(ResumeFailureReason.TOO_OLD, str(error)) from None
    except (KafkaError, OSError):
        raise _Failed(ResumeFailureReason.UNAVAILABLE, "Kafka went away meanwhile") from None
    monitor.RESUMED.labels("kafka" if kept is None else "tail").inc()
    resumed = Resumed(replayed=sent, subscriptions=client.subscriptions.told())
    position = Cursor(feed.mark, upto).token
    await client.outbox.send_ahead(client.framed("resumed", resumed, request_id, position))


async def _each(events: list[LiveEvent]) -> AsyncIterator[LiveEvent]:
    for number, event in enumerate(events, 1):
        yield event
        if number % TURN_EVENTS == 0:
            await asyncio.sleep(0)


async def _fail(client: Client, failure: _Failed, request_id: str | None) -> None:
    monitor.RESUMED.labels(failure.reason).inc()
    told = ResumeFailed(
        reason=failure.reason, message=str(failure), subscriptions=client.subscriptions.told()
    )
    await client.outbox.send_ahead(client.framed("resume_failed", told, request_id))


async def _bring_up(client: Client, recent: list[LiveEvent], held_from: str | None) -> None:
    """Tell after a snapshot what PostgreSQL may not have had yet, then where the client stands.

    That no message before the last has a position makes a snapshot that breaks off
    begin anew.
    """
    newest = {event.slot or event.key: event for event in recent if client.wants(event)}
    for event in newest.values():
        await client.outbox.send_ahead(client.framed(event.type, Raw(event.raw)))
    told = Subscribed(subscriptions=client.subscriptions.told())
    await client.outbox.send_ahead(client.framed("subscribed", told, position=held_from))
