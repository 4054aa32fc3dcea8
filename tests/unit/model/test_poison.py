"""An event that the stage fails over: alone in the dead letters, and all else as without it."""

import asyncio
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agents import detect as stage
from agents.detect import work_through
from pipeline.transport import Batch
from schemas import dead_letters
from tables.codec import UnknownStateVersionError
from tests.unit.model.kafka import FakeKafka
from tests.unit.model.test_model import PLACE, RULES, START, TOPICS, Worker, encode, stream
from tests.unit.operators.events import FakeRecord

NOW = int(START.timestamp() * 1000)


def records(count: int) -> list[FakeRecord]:
    events = [event for event in stream(random.Random(3), count * 2) if event is not None][:count]
    return [
        FakeRecord(event["asset"].encode(), encode(event), offset, NOW)
        for offset, event in enumerate(events)
    ]


def written(folder: Path, given: list[FakeRecord]) -> dict[Any, list[Any]]:
    """What is in Kafka after one batch, by topic."""
    kafka = FakeKafka()
    worker = Worker(kafka, str(folder), "memory")
    asyncio.run(work_through(worker.app, TOPICS, worker.table, RULES, Batch(*PLACE, given)))
    end = given[-1].offset + 1
    assert worker.table.mark_for(Batch(*PLACE, [], end, end)).next_offset == end
    return {topic: list(log) for (topic, _), log in kafka.logs.items()}


@pytest.mark.parametrize("culprits", [{0}, {11}, {29}, {3, 4, 28}, set(range(30))])
def test_the_others_go_on(
    culprits: set[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = records(30)
    kept = [one for one in given if one.offset not in culprits]
    without = written(tmp_path / "a", kept) if kept else {}
    detect = stage.detect

    def failing(some: list[FakeRecord], *rest: Any, **named: Any) -> Any:
        outcome = detect(some, *rest, **named)
        if any(one.offset in culprits for one in some):
            raise OverflowError("not foreseen")
        return outcome

    monkeypatch.setattr(stage, "detect", failing)
    # Its traceback, shown with all variables, takes longer than the stage.
    monkeypatch.setattr(stage, "log", SimpleNamespace(error=lambda *_, **__: None))
    found = written(tmp_path / "b", given)
    letters = found.pop(TOPICS.dead_letters)
    reasons = {dict(letter.headers)[dead_letters.REASON] for letter in letters}
    assert [letter.value for letter in letters] == [given[n].value for n in sorted(culprits)]
    assert reasons == {b"OverflowError: not foreseen"}
    for topic in (TOPICS.alerts, TOPICS.changes):
        assert [(r.key, r.value) for r in found.get(topic, [])] == [
            (r.key, r.value) for r in without.get(topic, [])
        ]


def test_a_state_of_a_later_release_stops_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any, **__: Any) -> Any:
        raise UnknownStateVersionError("2")

    monkeypatch.setattr(stage, "detect", failing)
    with pytest.raises(UnknownStateVersionError):
        written(tmp_path, records(2))
