"""`tidemark dead-letters` and a worker, against a real Kafka."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from typer.testing import CliRunner, Result

from cli.dead_letters import dead_letters
from pipeline.dead_letters.archive import Archive
from pipeline.dead_letters.letter import Selection
from pipeline.dead_letters.redrive import Fitness, redrive
from pipeline.provision import provision
from pipeline.settings import Settings
from pipeline.topics import Topics
from schemas.dead_letters import REASON, SOURCE_TOPIC
from tests.conftest import SettingsFactory, Starter, environment
from tests.integration.api.conftest import eventually

NOW = datetime.now(UTC).replace(microsecond=0)


def event(asset: str, value: Any, **fields: Any) -> bytes:
    given = {"assetId": asset, "metricType": "score", "value": value, "timestamp": NOW.isoformat()}
    return json.dumps(given | fields).encode()


@pytest.fixture
async def settings(make_settings: SettingsFactory) -> Settings:
    """Settings whose topics exist."""
    made = make_settings(database_url="postgresql://unused", max_event_bytes=1024)
    await provision(made)
    return made


@pytest.fixture
def send(settings: Settings) -> Callable[..., Awaitable[None]]:
    """Writes (key, value) records to the metrics topic."""

    async def send(*records: tuple[bytes | None, bytes], **options: Any) -> None:
        topic = Topics(settings.topic_prefix).metrics
        async with AIOKafkaProducer(bootstrap_servers=settings.kafka_brokers) as producer:
            for key, value in records:
                await producer.send_and_wait(topic, value, key, **options)

    return send


@pytest.fixture
def letters(settings: Settings) -> Callable[..., Awaitable[list[dict[str, Any]]]]:
    """Waits until there are so many dead letters, and lists them."""

    async def letters(count: int, *arguments: str) -> list[dict[str, Any]]:
        async def there() -> Any:
            async with Archive(settings) as archive:
                return len(await archive.newest(Selection(), 1000)) >= count

        await eventually(there, 30)
        listed = await run(settings, "list", "--json", "--limit", "1000", *arguments)
        assert listed.exit_code == 0, listed.output
        return [json.loads(line) for line in listed.stdout.splitlines()]

    return letters


async def run(settings: Settings, *arguments: str, answer: str = "") -> Result:
    given = {"env": environment(settings), "input": answer}
    return await asyncio.to_thread(CliRunner().invoke, dead_letters, arguments, **given)


async def test_what_is_refused_can_be_read_and_sent_back_once(
    settings: Settings, start_tidemark: Starter, send: Any, letters: Any
) -> None:
    start_tidemark("worker", settings=settings)
    long = event("lake.orders", 90, metadata={"note": "x" * 2000})
    await send(
        (b"lake.orders", long),
        (b"lake.orders", b"not an event"),
        (b"lake.users", event("lake.users", 900)),
        (None, event("lake.users", 50)),
        headers=[("traceparent", b"00-1")],
    )
    listed = await letters(4)
    assert {(one["asset"], one["reason"].split(":")[0]) for one in listed} == {
        ("lake.orders", f"the event is {len(long)} bytes long, 1024 are allowed"),
        ("lake.orders", "not JSON"),
        ("lake.users", "value"),
        ("lake.users", "the record key must be the assetId 'lake.users', it is missing"),
    }
    assert [one["value"] for one in await letters(4, "--reason", "bytes long")] == [long.decode()]
    assert len(await letters(4, "--asset", "*.orders")) == 2
    assert len(await letters(4, "--topic", "other")) == 0
    assert len(await letters(4, "--since", (NOW + timedelta(hours=1)).isoformat())) == 0
    assert len(await letters(4, "--limit", "1")) == 1

    (wanted,) = await letters(4, "--reason", "bytes long")
    shown = await run(settings, "show", wanted["letter"])
    assert "header     traceparent = 00-1" in shown.stdout
    raw = await run(settings, "show", "--raw", wanted["letter"])
    assert raw.stdout_bytes == long
    table = await run(settings, "list")
    assert table.stdout.count("lake.users") >= 2

    # By a larger limit one may go back, by a key the other; two never will.
    larger = settings.model_copy(update={"max_event_bytes": 64 * 1024})
    dry = await run(larger, "redrive", "--rekey", "--dry-run")
    assert dry.stderr.splitlines()[0] == "2 can go back, 2 stay"
    assert "would be refused again: value: score must be 0-100, got 900" in dry.stderr
    unasked = await run(larger, "redrive", "--rekey")
    assert unasked.exit_code == 1
    refused = await run(larger, "redrive", answer="n\n")
    assert refused.exit_code == 1
    assert not any(one["sentBack"] for one in await letters(4))

    sent = await run(larger, "redrive", "--rekey", "--yes")
    assert sent.stderr.splitlines()[-1] == "2 of 2 sent back, and on record"
    # The worker still has the smaller limit: a new dead letter, that knows the old one.
    relisted = await letters(5)
    assert [one["sentBack"] for one in relisted].count(True) == 2
    newest = relisted[-1]
    assert newest["value"] == long.decode()
    headers = {one["name"]: one["value"] for one in newest["headers"]}
    assert headers["tidemark.redriven.from"] == wanted["letter"]
    assert headers["traceparent"] == "00-1"

    again = await run(settings, "redrive", "--rekey", "--yes")
    assert again.stderr.splitlines()[0] == "0 can go back, 5 stay"
    assert "2 stay: sent back before" in again.stderr


async def test_a_letter_that_is_not_there(settings: Settings) -> None:
    for name in ("0-12", "99-0"):
        answer = await run(settings, "show", name)
        assert answer.exit_code == 1
        assert f"there is no dead letter {name}" in answer.output
    answer = await run(settings, "show", "x")
    assert answer.exit_code == 2
    assert "there are none" in (await run(settings, "list")).stderr


async def test_without_topics_or_kafka_it_says_so(make_settings: SettingsFactory) -> None:
    unmade = make_settings(database_url="postgresql://unused")
    answer = await run(unmade, "list")
    assert answer.exit_code == 69
    assert answer.output.endswith("; run `tidemark migrate`\n")
    away = make_settings(kafka_brokers="127.0.0.1:1", database_url="postgresql://unused")
    answer = await run(away, "list")
    assert answer.exit_code == 69
    assert answer.output.startswith("tidemark: Kafka at 127.0.0.1:1 can't be reached")


async def many_letters(settings: Settings, count: int) -> None:
    topics = Topics(settings.topic_prefix)
    headers = [(REASON, b"a limit"), (SOURCE_TOPIC, topics.metrics.encode())]
    async with AIOKafkaProducer(bootstrap_servers=settings.kafka_brokers) as producer:
        for number in range(count):
            asset = f"asset-{number}"
            await producer.send_and_wait(
                topics.dead_letters, event(asset, 90), asset.encode(), headers=headers
            )
            await asyncio.sleep(0.002)  # the broker stamps them, by the millisecond


async def test_the_newest_of_many(settings: Settings, letters: Any) -> None:
    await many_letters(settings, 300)
    async with Archive(settings) as archive:
        for selection in (Selection(), Selection(reason="limit")):
            found = await archive.newest(selection, 20)
            assert [letter.asset for letter in found] == [f"asset-{n}" for n in range(280, 300)]


async def test_cut_short_it_keeps_a_record_of_what_went_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.dead_letters.redrive.CHUNK", 10)
    await many_letters(settings, 40)
    async with Archive(settings) as archive:
        fitness = Fitness(settings, set())
        span = await archive.span()
        begun = asyncio.Event()
        running = asyncio.ensure_future(
            redrive(archive.letters(span), fitness, "somebody", lambda _: begun.set())
        )
        await begun.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    async with Archive(settings) as archive:
        recorded = await archive.redriven()
        assert 10 <= len(recorded) < 40
        rest = Fitness(settings, recorded)
        await redrive(archive.letters(span), rest, "somebody", lambda _: None)
        assert len(await archive.redriven()) == 40
    assert await keys_of_metrics(settings) == sorted(f"asset-{n}" for n in range(40))


async def keys_of_metrics(settings: Settings) -> list[str]:
    topic = Topics(settings.topic_prefix).metrics
    partitions = [TopicPartition(topic, p) for p in range(settings.topic_partitions)]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_brokers, auto_offset_reset="earliest"
    )
    async with consumer:
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        keys: list[str] = []
        while len(keys) < sum(ends.values()):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                keys += [msgspec.json.decode(record.value)["assetId"] for record in records]
        return sorted(keys)
