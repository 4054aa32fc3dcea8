"""Nothing is missed and nothing is told twice, whatever happens to the socket or the edge."""

import asyncio
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest
import websockets
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import TopicPartition

from pipeline.topics import Topics
from schemas.alerts import Alert
from tests.integration.api.conftest import (
    Message,
    RunningEdge,
    Stream,
    Talk,
    a_change,
    an_alert,
)

EVERYTHING = [{"assets": ["*"]}]


def identity(message: Message) -> str | None:
    payload = message["payload"]
    return payload.get("stepId") or payload.get("eventId")


def pushed(messages: list[Message]) -> list[str]:
    return [found for message in messages if (found := identity(message))]


async def resume(talk: Talk, position: str, subscriptions: Any = EVERYTHING) -> list[Message]:
    """Return what was sent up to `resumed` or `resume_failed`, `connected` left out."""
    await talk.hear_until("connected")
    await talk.say("resume", {"position": position, "subscriptions": subscriptions})
    heard = []
    while not heard or heard[-1]["type"] not in {"resumed", "resume_failed"}:
        heard.append(await talk.hear())
    return heard


async def push_and_wait(edge: RunningEdge, stream: Stream, alerts: list[Alert]) -> None:
    """Push, and wait until the edge has read them all."""
    async with edge.socket("?assets=*") as witness:
        await witness.hear_until("subscribed")
        await stream.push(*alerts)
        for _ in alerts:
            await witness.hear()


async def test_what_was_missed_and_nothing_else(edge: RunningEdge, stream: Stream) -> None:
    missed = [an_alert(f"a{n}") for n in range(20)]
    async with edge.socket("?assets=*") as talk:
        await talk.hear_until("subscribed")
        await stream.push(an_alert("seen"))
        position = (await talk.hear())["position"]
    await push_and_wait(edge, stream, missed)
    live = an_alert("live")
    async with edge.socket() as talk:
        heard = await resume(talk, position)
        assert set(pushed(heard)) == {str(alert.step_id) for alert in missed}
        assert heard[-1]["payload"]["replayed"] == 20
        await stream.push(live)
        assert identity(await talk.hear()) == str(live.step_id)
        # A resume that breaks off is resumed from any of its messages.
        halfway = heard[9]["position"]
    async with edge.socket() as talk:
        again = await resume(talk, halfway)
        assert pushed(again) == [*pushed(heard)[10:], str(live.step_id)]


async def test_only_what_is_subscribed_is_made_up(edge: RunningEdge, stream: Stream) -> None:
    async with edge.socket() as talk:
        position = (await talk.hear())["position"]
    mine = a_change("mine")
    await stream.push(a_change("other"), mine, an_alert("mine"))
    async with edge.socket() as talk:
        wanted = [{"assets": ["m*"], "kinds": ["changes"]}]
        heard = await resume(talk, position, wanted)
        assert pushed(heard) == [str(mine.event_id)]
        assert heard[-1]["payload"]["subscriptions"] == wanted


async def test_over_a_restart_under_load(edge: RunningEdge, stream: Stream) -> None:
    """The edge is killed, then stopped, while alerts flow; every step arrives just once."""
    sent: list[str] = []
    heard: list[str] = []
    writing = True

    async def write() -> None:
        while writing:
            alerts = [an_alert(f"asset-{len(sent) + n}") for n in range(10)]
            await stream.push(*alerts)
            sent.extend(str(alert.step_id) for alert in alerts)
            await asyncio.sleep(0.01)

    async def follow(position: str | None) -> str | None:
        try:
            async with edge.socket() as talk:
                await talk.hear_until("connected")
                if position is None:
                    await talk.say("subscribe")
                else:
                    await talk.say("resume", {"position": position, "subscriptions": EVERYTHING})
                while writing or len(heard) < len(sent):
                    message = await talk.hear(2)
                    assert message["type"] != "resume_failed", message
                    position = message.get("position", position)
                    heard.extend(pushed([message]))
                    started.set()
        except (OSError, websockets.WebSocketException, TimeoutError):
            await asyncio.sleep(0.05)
        return position

    started = asyncio.Event()

    async def keep_following() -> None:
        position = None
        while writing or len(heard) < len(sent):
            position = await follow(position)

    following = asyncio.create_task(keep_following())
    await asyncio.wait_for(started.wait(), 10)
    writer = asyncio.create_task(write())
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
        await asyncio.sleep(0.7)
        edge.stop(number)
        await asyncio.sleep(0.2)
        await asyncio.to_thread(edge.start)
    writing = False
    await writer
    await asyncio.wait_for(following, 20)
    assert len(sent) > 200
    assert sorted(heard) == sorted(sent)


async def test_reconnecting_after_a_restart_takes_less_than_five_seconds(
    edge: RunningEdge, stream: Stream
) -> None:
    async with edge.socket("?assets=*") as talk:
        position = (await talk.hear_until("subscribed"))[-1]["position"]
        edge.stop(signal.SIGKILL)
        alert = an_alert()
        await stream.push(alert)
        gone = time.monotonic()
    starting = asyncio.create_task(asyncio.to_thread(edge.start, wait_for_feed=False))
    while True:
        try:
            async with edge.socket() as talk:
                heard = await resume(talk, position)
                break
        except OSError:
            await asyncio.sleep(0.05)
    assert pushed(heard) == [str(alert.step_id)]
    assert time.monotonic() - gone < 5
    await starting


async def test_a_repeat_across_a_restart_is_told_once(edge: RunningEdge, stream: Stream) -> None:
    alert = an_alert()
    async with edge.socket("?assets=*") as talk:
        await talk.hear_until("subscribed")
        await stream.push(alert)
        position = (await talk.hear())["position"]
    edge.stop()
    await stream.push(alert)
    edge.start()
    async with edge.socket() as talk:
        assert pushed(await resume(talk, position)) == []
        await stream.push(alert)
        assert await talk.silent()


async def test_kafka_is_read_again_where_memory_does_not_reach(
    edge: RunningEdge, stream: Stream
) -> None:
    async with edge.socket() as talk:
        position = (await talk.hear())["position"]
    first = an_alert("first")
    await stream.push(first)
    await stream.push(*(a_change(f"filler-{n % 50}") for n in range(21_000)))
    await stream.push(first)
    edge.stop()
    edge.start()
    async with edge.socket() as talk:
        wanted = [{"assets": ["first"]}]
        assert pushed(await resume(talk, position, wanted)) == [str(first.step_id)]
        later = an_alert("first")
        await stream.push(later)
        assert identity(await talk.hear()) == str(later.step_id)


async def test_too_old_gets_a_snapshot_then_live(
    edge: RunningEdge, stream: Stream, topics: Topics
) -> None:
    open_alert = an_alert("a")
    await stream.store(open_alert)
    async with edge.socket() as talk:
        position = (await talk.hear())["position"]
    edge.stop()
    missed = [an_alert("a") for _ in range(5)]
    await stream.push(*missed, partition=0)
    admin = AIOKafkaAdminClient(bootstrap_servers=edge.settings.kafka_brokers)
    await admin.start()
    await admin.delete_records({TopicPartition(topics.alerts, 0): RecordsToDelete(4)})
    await admin.close()
    edge.start()
    async with edge.socket() as talk:
        heard = await resume(talk, position)
        failed = heard[-1]["payload"]
        assert (heard[-1]["type"], failed["reason"]) == ("resume_failed", "too_old")
        assert failed["subscriptions"] == EVERYTHING
        metrics, alerts, recent, end = [await talk.hear() for _ in range(4)]
        assert metrics["payload"] == {"metrics": [], "snapshot": True}
        assert alerts["payload"]["snapshot"] is True
        assert [one["id"] for one in alerts["payload"]["alerts"]] == [str(open_alert.id)]
        # The sink is behind: what Kafka has and PostgreSQL has not is told all the same.
        assert identity(recent) == str(missed[-1].step_id)
        assert (end["type"], end["payload"]["subscriptions"]) == ("subscribed", EVERYTHING)
        # A snapshot that breaks off is not taken for the whole.
        assert not any("position" in one for one in (heard[-1], metrics, alerts, recent))
        live = an_alert("a")
        await stream.push(live)
        assert identity(await talk.hear()) == str(live.step_id)
    async with edge.socket() as talk:
        assert pushed(await resume(talk, end["position"])) == [str(live.step_id)]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda position: "", "invalid"),
        (lambda position: position[:-3], "invalid"),
        (lambda position: "2" + position[1:], "invalid"),
        (lambda position: "1AAAA" + position[5:], "invalid"),
    ],
)
async def test_positions_that_are_none(
    edge: RunningEdge, spoil: Callable[[str], str], reason: str
) -> None:
    async with edge.socket() as talk:
        position = (await talk.hear())["position"]
    async with edge.socket() as talk:
        heard = await resume(talk, spoil(position))
        assert heard[-1]["payload"]["reason"] == reason
