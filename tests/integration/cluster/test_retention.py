"""What Kafka deletes before it was read is counted, reported, and foreseen."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from api import watch
from cli.checks.finding import Verdict
from cli.checks.groups import check_groups
from devstack.ports import free_port
from pipeline.losses import Losses, watch_resets
from pipeline.provision import provision
from pipeline.settings import Settings
from pipeline.topics import Topics
from tests.conftest import SettingsFactory, Starter
from tests.integration.stream.conftest import an_event, eventually


@pytest.fixture
async def prepared(make_settings: SettingsFactory) -> Settings:
    """Topics with one partition each."""
    settings = make_settings(topic_partitions=1, metrics_port=free_port())
    await provision(settings)
    return settings


async def write(settings: Settings, count: int) -> TopicPartition:
    place = TopicPartition(Topics(settings.topic_prefix).metrics, 0)
    async with AIOKafkaProducer(bootstrap_servers=settings.kafka_brokers) as producer:
        for second in range(count):
            body = json.dumps(an_event("a", 90, second)).encode()
            await producer.send_and_wait(place.topic, body, b"a", 0)
    return place


async def delete(settings: Settings, place: TopicPartition, before: int) -> None:
    """Delete records as retention does, only at once."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_brokers)
    await admin.start()
    try:
        await admin.delete_records({place: RecordsToDelete(before_offset=before)})
    finally:
        await admin.close()


async def commit(settings: Settings, place: TopicPartition, offset: int) -> None:
    async with AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_brokers,
        group_id=settings.worker_group,
        enable_auto_commit=False,
    ) as consumer:
        consumer.assign([place])
        await consumer.commit({place: offset})


async def test_a_worker_that_was_away_too_long_counts_what_is_gone(
    prepared: Settings, start_tidemark: Starter, tmp_path: Path
) -> None:
    place = await write(prepared, 10)
    await commit(prepared, place, 2)
    await delete(prepared, place, 7)
    lost = [one for one in await check_groups(prepared) if "were deleted" in one.detail]
    assert [(one.check, one.verdict) for one in lost] == [("worker", Verdict.FAIL)]
    assert lost[0].detail.startswith("5 records were deleted")
    start_tidemark("worker", settings=prepared)

    async def counted() -> bool:
        async with httpx.AsyncClient() as http:
            try:
                answer = await http.get(f"http://127.0.0.1:{prepared.metrics_port}/metrics")
            except httpx.TransportError:
                return False
        sample = f'tidemark_worker_lost_records_total{{topic="{place.topic}"}} 5.0'
        return sample in answer.text

    await eventually(counted)
    assert '"lost": 5' in (tmp_path / "worker-0.log").read_text()


async def test_a_running_consumer_that_is_overtaken_says_how_much_it_skips(
    prepared: Settings,
) -> None:
    told: list[tuple[str, int]] = []
    losses = Losses()
    losses.count = lambda topic, records: told.append((topic, records))
    place = await write(prepared, 1)
    async with AIOKafkaConsumer(
        bootstrap_servers=prepared.kafka_brokers, auto_offset_reset="earliest"
    ) as consumer:
        watch_resets(consumer._fetcher, [place.topic], losses)
        consumer.assign([place])
        assert (await consumer.getone()).offset == 0
        consumer.pause(place)
        await write(prepared, 5)
        await delete(prepared, place, 4)
        consumer.seek(place, 1)
        consumer.resume(place)
        assert (await consumer.getone()).offset == 4
    assert told == [(place.topic, 3)]


async def test_records_in_danger_are_told_before_they_are_gone(
    prepared: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = await write(prepared, 4)
    await commit(prepared, place, 1)

    async def findings() -> dict[str, Any]:
        return {one.detail: one.verdict for one in await check_groups(prepared)}

    assert not any("unread records" in detail for detail in await findings())
    monkeypatch.setattr(watch, "NEAR", -1)  # as if all were written long ago
    found = await findings()
    assert [v for d, v in found.items() if d.startswith("3 unread records")] == [Verdict.WARN]
