"""Whatever is sent, through the stages' own code: all of it is stored or set aside, once."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from agents import detect as stage
from agents.detect import work_through
from api.live.events import read_event
from api.live.position import Place
from cli.letter_views import document, full_view
from pipeline.dead_letters.letter import read_letter
from pipeline.operators.rollup import Measured, by_group, daily, group_daily, hourly
from pipeline.operators.validate_alert import InvalidAlert, decode_alert
from pipeline.transport import Batch
from sinks.history import measurements
from tests.odd import Odd
from tests.unit.model.kafka import FakeKafka
from tests.unit.model.test_model import PLACE, RULES, TOPICS, Worker
from tests.unit.operators.events import FakeRecord

EVENTS = 400
NOW = datetime.now(UTC)


def records(odd: Odd) -> list[FakeRecord]:
    found = []
    for offset in range(EVENTS):
        raw = odd.random.choice((odd.event(), odd.event(), odd.event(), odd.garbage(), None))
        try:
            key = str(msgspec.json.decode(raw or b"")["assetId"]).encode()
        except Exception:
            key = odd.key()
        headers = tuple(odd.headers())
        found.append(FakeRecord(key, raw, offset, int(NOW.timestamp() * 1000), headers))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_events(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed: list[Any] = []
    told = SimpleNamespace(error=lambda *_, **given: failed.append(given["exc_info"]))
    monkeypatch.setattr(stage, "log", told)
    given, kafka = records(Odd(seed)), FakeKafka()
    worker = Worker(kafka, str(tmp_path), "memory")
    for start in range(0, EVENTS, 50):
        batch = Batch(*PLACE, given[start : start + 50])
        asyncio.run(work_through(worker.app, TOPICS, worker.table, RULES, batch))
    assert failed == []
    stored = [
        one
        for record in kafka.logs[TOPICS.history, 0]
        for one in measurements(record.value or b"", NOW)
    ]
    letters = kafka.logs[TOPICS.dead_letters, 0]
    refused = [read_letter(0, letter).source_offset for letter in letters]
    assert stored
    assert refused
    assert sorted([*(one.offset for one in stored), *refused]) == list(range(EVENTS))
    for letter in letters:
        full_view(read_letter(0, letter), set())
        document(read_letter(0, letter), set())
    for alert in kafka.logs[TOPICS.alerts, 0]:
        assert read_event(Place(1, 0), 0, alert.value) is not None
        decode_alert(alert.value)
    sum_up(
        Measured(one.event.asset_id, one.event.metric_type, one.event.value, one.timestamp, False)
        for one in stored
    )


def sum_up(given: Any) -> None:
    hours = hourly(list(given))
    groups = by_group(hours, lambda _: "source")
    for part in (hours, daily(hours), groups, group_daily(groups)):
        for figures in part.values():
            assert abs(figures.squares) < 1e100


@pytest.mark.parametrize("seed", range(2))
def test_records_of_the_other_topics(seed: int) -> None:
    odd = Odd(seed)
    for _ in range(EVENTS):
        with pytest.raises((msgspec.DecodeError, ValueError, RecursionError)):
            measurements(odd.history(), NOW)
        raw = odd.random.choice((odd.alert(), odd.garbage()))
        with suppress(InvalidAlert):
            decode_alert(raw)
        for place in (Place(0, 0), Place(1, 0)):
            read_event(place, 0, odd.random.choice((raw, odd.event(), odd.garbage())))
        letter = FakeRecord(odd.key(), odd.garbage(), 1, 1, tuple(odd.headers()))
        full_view(read_letter(0, letter), set())
        document(read_letter(0, letter), set())
