"""Random streams and crashes: whatever happens, the outcome is the oracle's.

The real operator, codec, table and writing code run against a Kafka in memory. Crashes fall
before or after any single write; the next worker starts from the last commit with
an empty disk, or a disk that was written up to the crash, and cuts other batches. What a
dead worker had sent to the changelog may arrive behind its successor's writes. Once all is
applied the source may be deleted and created again, and the changelog lost.
"""

import asyncio
import json
import random
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import faust
import msgspec
from faust.types import TP
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.detect import detect_batch
from pipeline.lanes import Batch
from pipeline.operators.detect import Rules
from pipeline.positions import Committed, Extent, start_of
from pipeline.settings import Settings, thresholds_by_asset
from pipeline.topics import Topics
from schemas.alerts import Alert
from schemas.metrics import HistoryBatch, MetricChange
from tables import codec
from tables.assets import AssetTable, PartitionSharedError
from tests.unit.model.kafka import Crash, Entry, FakeKafka
from tests.unit.model.oracle import WINDOW, Oracle

START = datetime(2026, 11, 24, tzinfo=UTC)
TOPICS = Topics("model")
CHANGELOG = "model-assets-changelog"
PLACE = (TOPICS.metrics, 0)
RULES = Rules(
    thresholds=thresholds_by_asset(Settings()),
    window=WINDOW,
    max_event_bytes=4096,
    max_future=10**12,
    derives_scores=False,
)


class Worker:
    """One life of a worker process."""

    def __init__(self, kafka: FakeKafka, folder: str, store: str) -> None:
        self.app = faust.App("model", store=f"{store}://", datadir=folder, broker="kafka://nowhere")
        self.app.producer = SimpleNamespace(_ensure_producer=lambda: kafka)
        self.app.consumer = SimpleNamespace(extents=self._extents)
        self.table = AssetTable(self.app, cache_assets=3)
        self.kafka = kafka

    async def _extents(self, tps: set[TP]) -> dict[TP, Extent]:
        return {tp: self.kafka.extent(tp) for tp in tps}

    async def recover(self) -> None:
        """Read the changelog from where the disk ends, as Faust's recovery does."""
        place = (self.table.changelog_topic_name, 0)
        await self.table._part_from_lost_changelogs({TP(*place)})
        held = self.table.persisted_offset(TP(*place))
        records = self.kafka.logs[place][0 if held is None else held + 1 :]
        for start in range(0, len(records), 3):
            batch = Batch(*place, records[start : start + 3])
            self.table.apply_changelog_batch([SimpleNamespace(value=batch)])
        await self.table.on_recovery_completed({TP(*place)}, set())

    def place(self, committed: Committed | None) -> int:
        start = start_of(*PLACE, committed, self.kafka.extent(PLACE))
        return self.table.place(0, start).offset

    async def take(self, records: list[Entry]) -> None:
        batch = Batch(*PLACE, records)
        batch.topic_id = self.kafka.extent(PLACE).topic_id
        await detect_batch(self.app, TOPICS, self.table, RULES, batch)

    def values(self) -> dict[str, tuple[Decimal, int]]:
        return {
            name: (Decimal(repr(score.value)), score.time // 1_000_000 - int(START.timestamp()))
            for name, raw in self.table.encoded(0)
            for score in codec.decode(raw).metrics.values()
        }


def encode(event: dict[str, Any]) -> bytes:
    moment = START + timedelta(seconds=event["time"])
    given = {
        "assetId": event["asset"],
        "metricType": "score",
        "value": float(event["value"]),
        "timestamp": moment.isoformat(),
    }
    if isinstance(event["id"], UUID):
        given["eventId"] = str(event["id"])
    return json.dumps(given).encode()


def stream(chance: random.Random, length: int, begin: int = 0) -> Iterator[dict[str, Any] | None]:
    """Scores of a few assets: out of order, repeated, without an id, or no events at all."""
    sent: list[dict[str, Any]] = []
    for number in range(begin, begin + length):
        draw = chance.random()
        if draw < 0.06:
            yield None
            continue
        if draw < 0.2 and sent:
            yield chance.choice(sent[-6:])
            continue
        event = {
            "asset": f"asset-{chance.randrange(5)}",
            "value": str(chance.choice((50, 50.1, 51, 55.1, 60, 70.1, 90, 99.9))),
            "time": number + chance.choice((0, 0, 0, 1, -7)),
            "id": UUID(int=chance.getrandbits(128)) if chance.random() < 0.8 else None,
        }
        if event["id"] is not None:
            sent.append(event)
        yield event


def fill(kafka: FakeKafka, events: list[dict[str, Any] | None], oracle: Oracle) -> None:
    """Write the events to the source, and tell the oracle of them."""
    topic = kafka.extent(PLACE).topic_id
    for offset, event in enumerate(events):
        arrived = int(START.timestamp() * 1000) + offset
        key = b"asset-0" if event is None else event["asset"].encode()
        value = b'{"assetId": "asset-0", ' if event is None else encode(event)
        kafka.logs[PLACE].append(Entry(key, value, offset, arrived))
        place = (topic, offset)
        oracle.take(place, event and event | {"id": event["id"] or place})


async def live(
    kafka: FakeKafka,
    chance: random.Random,
    store: str,
    folder: str,
    committed: Committed | None = None,
) -> tuple[Worker, Committed | None]:
    """Run workers one after another until one reaches the end of the source."""
    source, crashes = kafka.logs[PLACE], chance.randrange(6)
    topic_id = kafka.extent(PLACE).topic_id
    while True:
        kafka.after_write = chance.random() < 0.5
        kafka.lives = chance.randrange(25) if crashes > 0 else 1 << 30
        crashes -= 1
        disk = folder if store == "rocksdb" else tempfile.gettempdir()
        worker = Worker(kafka, disk, store)
        with suppress(Crash, PartitionSharedError):
            await worker.recover()
            position = worker.place(committed)
            while position < len(source):
                records = source[position : position + chance.randrange(1, 12)]
                await worker.take(records)
                position += len(records)
                if chance.random() < 0.4:
                    committed = Committed(position, topic_id)
                if chance.random() < 0.2:
                    kafka.deliver_late(CHANGELOG)
            return worker, committed
        await worker.table.data.stop()


def check(kafka: FakeKafka, worker: Worker, oracle: Oracle) -> None:
    """Hold all that is in Kafka, each once by its id, against the oracle."""
    alerts: dict[UUID, Alert] = {}
    for entry in kafka.logs[TOPICS.alerts, 0]:
        alert = msgspec.json.decode(entry.value or b"", type=Alert)
        assert alerts.setdefault(alert.step_id, alert) == alert
    changes: dict[UUID, MetricChange] = {}
    for entry in kafka.logs[TOPICS.changes, 0]:
        change = msgspec.json.decode(entry.value or b"", type=MetricChange)
        assert changes.setdefault(change.event_id, change) == change
    history: set[Any] = set()
    for entry in kafka.logs[TOPICS.history, 0]:
        packed = msgspec.json.decode(entry.value or b"", type=HistoryBatch)
        history |= {(packed.topic_id, offset) for offset in packed.offsets}
    refused = {
        int(dict(entry.headers)["tidemark.source.offset"])
        for entry in kafka.logs[TOPICS.dead_letters, 0]
    }
    exact = lambda *values: tuple(Decimal(repr(value)) for value in values)  # noqa: E731
    assert [
        (a.asset_id, *exact(a.metadata.previous_value, a.metadata.current_value))
        for a in alerts.values()
    ] == oracle.alerts
    assert [
        (c.asset_id, *exact(c.previous_value, c.current_value)) for c in changes.values()
    ] == oracle.changes
    assert history == oracle.history
    assert refused == {offset for _, offset in oracle.refused}
    assert worker.values() == oracle.values


@given(st.integers(0, 2**32), st.sampled_from(("memory",) * 3 + ("rocksdb",)))
@settings(max_examples=40)
def test_whatever_crashes_the_outcome_is_the_oracles(seed: int, store: str) -> None:
    chance = random.Random(seed)
    kafka, oracle = FakeKafka(), Oracle()
    sent = list(stream(chance, chance.randrange(1, 120)))
    fill(kafka, sent, oracle)
    with tempfile.TemporaryDirectory() as folder:

        async def run() -> None:
            worker, committed = await live(kafka, chance, store, folder)
            check(kafka, worker, oracle)
            if chance.random() < 0.5:
                await worker.table.data.stop()
                if store == "rocksdb" and chance.random() < 0.5:
                    kafka.recreate((CHANGELOG, 0))
                kafka.recreate(PLACE)
                fill(kafka, list(stream(chance, chance.randrange(1, 120), len(sent))), oracle)
                worker, _ = await live(kafka, chance, store, folder, committed)
                check(kafka, worker, oracle)
            await worker.table.data.stop()
            # Another worker takes over. Then the changelog is compacted: it must say the same.
            kafka.deliver_late(CHANGELOG)
            kafka.lives = 1 << 30
            await Worker(kafka, f"{folder}/second", "memory").recover()
            kafka.logs[CHANGELOG, 0] = compacted(kafka.logs[CHANGELOG, 0])
            third = Worker(kafka, f"{folder}/third", "memory")
            await third.recover()
            assert third.values() == oracle.values

        asyncio.run(run())


def compacted(log: list[Entry]) -> list[Entry]:
    last = {entry.key: entry for entry in log}
    return sorted(last.values(), key=lambda entry: entry.offset)
