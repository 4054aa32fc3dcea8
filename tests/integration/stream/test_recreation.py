"""Topics are deleted and created again, Kafka's data is lost: baselines stay, nothing is missed."""

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from devstack.kafka import KafkaServer
from pipeline.provision import provision
from pipeline.settings import Settings
from tables.assets import TABLE_NAME
from tests.conftest import SettingsFactory
from tests.integration.stream.conftest import Event, Stream, an_event, eventually

ASSETS = 8


def without_ids(events: list[Event]) -> list[Event]:
    """So that ids are made from the place in Kafka."""
    return [{k: v for k, v in event.items() if k != "eventId"} for event in events]


def a_round(value: float, second: float) -> list[Event]:
    """Every asset's score, without ids of events."""
    return without_ids([an_event(f"a{n}", value, second + n) for n in range(ASSETS)])


async def delete(stream: Stream, *topics: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=stream.settings.kafka_brokers)
    await admin.start()
    try:
        await admin.delete_topics(list(topics))

        async def gone() -> bool:
            described = await admin.describe_topics(list(topics))
            return not any(topic["partitions"] for topic in described)

        await eventually(gone, what="the topics are still there")
    finally:
        await admin.close()


async def recreate(stream: Stream, *topics: str) -> None:
    await delete(stream, *topics)
    await provision(stream.settings)


async def alerted(stream: Stream, count: int) -> None:
    """Wait until so many different alerts are stored."""

    async def enough() -> bool:
        return await stream.count("quality_alerts_realtime") == count

    await eventually(enough, 120, f"not {count} alerts")


@pytest.mark.parametrize("running", [True, False])
async def test_the_metrics_topic_is_created_again(stream: Stream, running: bool) -> None:
    worker = stream.start("worker")
    stream.start("sink")
    await stream.send(a_round(90, 0))
    await stream.send(a_round(90, 20))
    await stream.stored(2 * ASSETS)
    await stream.drained()
    if not running:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
    await recreate(stream, stream.topics.metrics)
    # More than before, at the same offsets: what counts offsets alone takes some for repeated.
    for second in (40, 60, 80):
        await stream.send(a_round(60 if second == 40 else 59, second))
    if not running:
        stream.start("worker")
    await stream.stored(5 * ASSETS)
    await alerted(stream, ASSETS)
    assert await stream.count("quality_metric_history") == 5 * ASSETS


async def test_the_topics_of_the_sink_are_created_again(stream: Stream) -> None:
    stream.start("worker")
    stream.start("sink")
    await stream.send(a_round(90, 0))
    await stream.send(a_round(60, 20))
    await stream.stored(2 * ASSETS)
    await alerted(stream, ASSETS)
    await stream.drained()
    await recreate(stream, stream.topics.history, stream.topics.alerts)
    await stream.send(a_round(30, 40))
    await stream.stored(3 * ASSETS)
    await alerted(stream, 2 * ASSETS)


async def test_the_changelog_is_deleted_under_a_worker(stream: Stream, tmp_path: Path) -> None:
    worker = stream.start("worker")
    stream.start("sink")
    await stream.send(a_round(90, 0))
    await stream.stored(ASSETS)
    await stream.drained()
    await delete(stream, changelog(stream))
    assert await ended(worker) != 0
    assert "was deleted while this worker ran" in (tmp_path / "worker-0.log").read_text()
    stream.start("worker")
    await stream.send(a_round(60, 20))
    await stream.stored(2 * ASSETS)
    await alerted(stream, ASSETS)
    held = {r.key for r in await stream.records(changelog(stream)) if not r.key.startswith(b"\0")}
    assert held == {f"a{n}".encode() for n in range(ASSETS)}


async def test_kafka_loses_everything_and_the_workers_disk_is_kept(
    private_kafka: KafkaServer,
    make_settings: SettingsFactory,
    make_stream: Callable[[Settings], Any],
) -> None:
    stream: Stream = await make_stream(make_settings(kafka_brokers=private_kafka.brokers))
    worker = stream.start("worker")
    sink = stream.start("sink")
    await stream.send(a_round(90, 0))
    await stream.send(a_round(90, 20))
    await stream.stored(2 * ASSETS)
    for process in (worker, sink):
        process.send_signal(signal.SIGTERM)
        process.wait(40)
    private_kafka.stop()
    private_kafka.wipe()
    private_kafka.start()
    await provision(stream.settings)
    stream.start("worker")
    stream.start("sink")
    await stream.send(a_round(60, 40))
    await stream.stored(3 * ASSETS)
    await alerted(stream, ASSETS)
    assert len(await stream.records(changelog(stream))) >= ASSETS


def changelog(stream: Stream) -> str:
    return f"{stream.settings.worker_group}-{TABLE_NAME}-changelog"


async def ended(process: "subprocess.Popen[bytes]") -> int:
    async def over() -> bool:
        return process.poll() is not None

    await eventually(over, 90, "it goes on")
    return int(process.returncode)
