"""The worker and the topics that its state is made of."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from faust.types import TP

from agents.source import PATIENCE, Source
from pipeline.positions import Committed, Extent, Start
from tables.assets import ChangelogLostError
from tables.mark import Mark, Placed

METRICS = TP("quality.metrics", 2)


class FakeApp:
    """An app that is ready, and what Kafka says of its changelog."""

    def __init__(self) -> None:
        self.rebalancing = False
        self.tables = SimpleNamespace(actives_ready=True)
        self.consumer = self
        self.skipped: list[Any] = []
        self.transport = SimpleNamespace(losses=SimpleNamespace(skip=self._skip))
        self.ids: dict[str, str | None] | None = {"changelog": "first"}
        self.crashes: list[BaseException] = []

    def _skip(self, *lost: Any) -> None:
        self.skipped.append(lost)

    async def topic_ids(self, _topics: set[str]) -> dict[str, str | None]:
        if self.ids is None:
            raise KafkaConnectionError
        return self.ids

    async def crash(self, error: BaseException) -> None:
        self.crashes.append(error)


class FakeTable:
    changelog_topic_name = "changelog"
    changelog_id = "first"

    def __init__(self, placed: Placed | None = None) -> None:
        self._placed = placed

    def lost(self) -> ChangelogLostError:
        return ChangelogLostError()

    def place(self, _partition: int, _start: Start) -> Placed | None:
        return self._placed


async def test_it_goes_on_where_the_state_is_and_counts_what_is_lost() -> None:
    app, mark = FakeApp(), Mark.before(10, 0, "id")
    start = Start(40, Extent("id", 10, 100), Committed(40, "id"))
    source: Any = Source(app, FakeTable(Placed(mark, 10, lost=7)))  # type: ignore[arg-type]
    assert await source.place({METRICS: start}) == {METRICS: 10}
    assert app.skipped == [("quality.metrics", 2, 3, 10)]


@pytest.mark.parametrize(
    ("answers", "ends"),
    [
        ([{"changelog": "first"}] * 3, False),
        ([{"changelog": "second"}], True),
        ([{}] * (PATIENCE - 1) + [{"changelog": "first"}] + [{}] * (PATIENCE - 1), False),
        ([{}] * PATIENCE, True),
        ([None] * 5, False),  # Kafka is away
        ([{"changelog": None}] * 3, False),  # a Kafka without ids
    ],
)
async def test_it_ends_when_the_changelog_is_gone(answers: list[Any], ends: bool) -> None:
    app, table = FakeApp(), FakeTable()
    source: Any = Source(app, table)  # type: ignore[arg-type]
    for answer in answers:
        app.ids = answer
        await source.watch()
    assert [type(error) for error in app.crashes] == [ChangelogLostError] * ends


async def test_it_does_not_judge_the_changelog_before_it_has_been_read() -> None:
    app, table = FakeApp(), FakeTable()
    app.ids, app.tables.actives_ready = {}, False
    for _ in range(PATIENCE):
        await Source(app, table).watch()  # type: ignore[arg-type]
    assert app.crashes == []
