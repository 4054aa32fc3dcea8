"""Nothing lost and nothing alerted twice when a process, or a server, goes away."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Callable
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from devstack.kafka import KafkaServer
from devstack.ports import free_port
from devstack.postgres import PostgresServer
from pipeline.settings import Settings
from tables.assets import TABLE_NAME
from tests.conftest import SettingsFactory
from tests.integration.stream.conftest import (
    Event,
    Stream,
    an_event,
    eventually,
    standby_lags,
)

ASSETS = 40


def a_walk(steps: int, seed: int) -> list[Event]:
    """Scores that wander, now and then by a lot."""
    chance = random.Random(seed)
    return [
        an_event(f"a{n % ASSETS}", chance.choice((10, 40, 62.5, 70, 80, 85, 92, 99)), n)
        for n in range(steps)
    ]


def expected_alerts(events: list[Event]) -> Counter[tuple[str, str, float]]:
    """What a dozen lines of plain Python say of the walk: (asset, severity, change)."""
    last: dict[str, float] = {}
    found: Counter[tuple[str, str, float]] = Counter()
    for event in events:
        asset, value = event["assetId"], event["value"]
        change = value - last.get(asset, value)
        last[asset] = value
        for bound, severity in ((20, "critical"), (10, "high"), (5, "medium")):
            if abs(change) >= bound:
                found[asset, severity if change < 0 else "low", change] += 1
                break
    return found


async def check(stream: Stream, events: list[Event]) -> None:
    """Wait for all `events`; hold what came of them against the plain Python."""
    await stream.drained()
    expected = expected_alerts(events)
    told = Counter((a.asset_id, str(a.severity), a.metadata.change) for a in await stream.alerts())
    assert told == expected
    query = "SELECT asset_id, severity, (metadata->>'change')::float FROM quality_alerts_realtime"
    assert Counter(await stream.rows(query)) == expected
    assert await stream.count("quality_metric_history") == len(events)
    last = {event["assetId"]: event["value"] for event in events}
    assert dict(await stream.rows("SELECT asset_id, value FROM quality_metric_current")) == last
    ((total,),) = await stream.rows("SELECT sum(count) FROM quality_metric_daily")
    assert total == len(events)


async def test_a_worker_and_a_sink_killed_mid_stream(stream: Stream) -> None:
    events = a_walk(12_000, seed=1)
    worker = stream.start("worker", instance_id="one", batch_records=200)
    sink = stream.start("sink")
    for number, start in enumerate(range(0, len(events), 3000)):
        await stream.send(events[start : start + 3000])
        await asyncio.sleep(0.3)
        if number == 3:
            continue
        worker.kill()
        sink.kill()
        worker = stream.start("worker", instance_id="one", batch_records=200)
        sink = stream.start("sink")
    await check(stream, events)


async def test_two_workers_share_the_partitions_and_one_leaves(
    stream: Stream, tmp_path: Any
) -> None:
    events = a_walk(9000, seed=2)
    first = stream.start("worker", state_dir=tmp_path / "first", batch_records=200)
    stream.start("sink")
    await stream.send(events[:3000])
    await stream.stored(1000)
    second = stream.start("worker", state_dir=tmp_path / "second", batch_records=200)
    await stream.send(events[3000:6000])
    await stream.stored(6000)
    first.send_signal(signal.SIGTERM)
    await stream.send(events[6000:])
    await check(stream, events)
    assert first.wait(30) == 0
    second.send_signal(signal.SIGTERM)
    assert second.wait(30) == 0


async def test_postgres_stops_and_starts_mid_stream(
    private_postgres: PostgresServer,
    make_settings: SettingsFactory,
    make_stream: Callable[[Settings], Any],
) -> None:
    stream: Stream = await make_stream(make_settings(database_url=private_postgres.url))
    events = a_walk(6000, seed=3)
    stream.start("worker")
    stream.start("sink")
    await stream.send(events[:2000])
    await stream.stored(2000)
    private_postgres.kill()
    await stream.send(events[2000:4000])
    # Detection goes on meanwhile.
    expected = expected_alerts(events[:4000]).total()

    async def all_told() -> bool:
        return len(await stream.alerts()) == expected

    await eventually(all_told)
    private_postgres.start()
    await stream.send(events[4000:])
    await check(stream, events)


async def test_the_broker_is_killed_mid_stream(
    private_kafka: KafkaServer,
    make_settings: SettingsFactory,
    make_stream: Callable[[Settings], Any],
) -> None:
    stream: Stream = await make_stream(make_settings(kafka_brokers=private_kafka.brokers))
    events = a_walk(6000, seed=4)
    stream.start("worker")
    stream.start("sink")
    await stream.send(events[:3000])
    await stream.stored(500)
    private_kafka.kill()
    await asyncio.sleep(1)
    private_kafka.start()
    await stream.send(events[3000:])
    await check(stream, events)


async def test_state_comes_back_from_the_changelog_alone(stream: Stream, tmp_path: Any) -> None:
    events = a_walk(2000, seed=5)
    first = stream.start("worker", state_dir=tmp_path / "first")
    stream.start("sink")
    await stream.send(events[:1000])
    await stream.stored(1000)
    first.kill()
    stream.start("worker", state_dir=tmp_path / "empty")
    await stream.send(events[1000:])
    await check(stream, events)


async def test_a_standby_takes_over_from_its_own_copy(stream: Stream, tmp_path: Any) -> None:
    """The changelog is emptied before: there is no other place to have the state from."""
    events = a_walk(4000, seed=6)
    port = free_port()
    first = stream.start("worker", state_dir=tmp_path / "first")
    stream.start("sink")
    await stream.send(events[:1000])
    await stream.stored(1000)
    stream.start("worker", state_dir=tmp_path / "second", metrics_port=port)

    async def shared() -> bool:
        return len(await standby_lags(port)) == stream.settings.topic_partitions // 2

    await eventually(shared, what="the second worker has no copies")
    await stream.send(events[1000:2000])
    await stream.stored(2000)

    async def warm() -> bool:
        return not any((await standby_lags(port)).values())

    await eventually(warm, what="the copies stay behind")
    await empty(stream, f"{stream.settings.worker_group}-{TABLE_NAME}-changelog")
    first.kill()
    await stream.send(events[2000:])
    await check(stream, events)


async def empty(stream: Stream, topic: str) -> None:
    """Delete every record of a compacted topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=stream.settings.kafka_brokers)
    await admin.start()
    try:
        deleted = {"cleanup.policy": "delete"}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, deleted)])
        everything = RecordsToDelete(before_offset=-1)
        parts = (TopicPartition(topic, n) for n in range(stream.settings.topic_partitions))
        await admin.delete_records(dict.fromkeys(parts, everything))
    finally:
        await admin.close()
