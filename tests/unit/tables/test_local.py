"""The copy of the changelog on this machine: what is set aside is adopted, whole."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import faust
import pytest
from aiokafka.errors import UnknownTopicOrPartitionError
from faust.types import TP

from pipeline.operators.state import AssetState
from pipeline.positions import Extent
from tables import codec, mark
from tables.assets import AssetTable, ChangelogLostError
from tables.mark import Mark, mark_key
from tests.unit.model.kafka import FakeKafka

CHANGELOG = "local-assets-changelog"


class Machine:
    """A table on a disk, and the changelog that there is."""

    def __init__(self, folder: Path, kafka: FakeKafka) -> None:
        self.app = faust.App("local", store="rocksdb://", datadir=folder, broker="kafka://nowhere")
        self.app.producer = SimpleNamespace(_ensure_producer=lambda: kafka)
        self.app.consumer = SimpleNamespace(extents=self._extents)
        self.table = AssetTable(self.app, cache_assets=100)
        self.kafka = kafka

    async def _extents(self, tps: set[TP]) -> dict[TP, Extent]:
        return {tp: self.kafka.extent(tp) for tp in tps}

    async def recover(self) -> None:
        tp = TP(CHANGELOG, 0)
        await self.table._part_from_lost_changelogs({tp})
        held = self.table.persisted_offset(tp)
        log = self.kafka.logs[CHANGELOG, 0][0 if held is None else held + 1 :]
        if log:
            batch = SimpleNamespace(records=log, partition=0)
            self.table.apply_changelog_batch([SimpleNamespace(value=batch)])
        await self.table.on_recovery_completed({tp}, set())

    def offsets(self) -> dict[str, int]:
        return {name: codec.decode(raw).offset for name, raw in self.table.encoded(0)}

    def changelog(self) -> dict[bytes | None, bytes | None]:
        return {entry.key: entry.value for entry in self.kafka.logs[CHANGELOG, 0]}


@pytest.fixture
async def kafka() -> FakeKafka:
    return FakeKafka()


@pytest.fixture
async def machine(tmp_path: Path, kafka: FakeKafka) -> AsyncIterator[Machine]:
    made = Machine(tmp_path / "one", kafka)
    await made.recover()
    changed = {"a": AssetState(offset=3), "b": AssetState(offset=5)}
    await made.table.write(0, AssetTable.encode(changed), Mark.before(6, 0, "source"))
    yield made
    await made.table.data.stop()


async def test_a_changelog_that_was_created_again_is_filled(
    machine: Machine, kafka: FakeKafka
) -> None:
    before = machine.changelog()
    kafka.recreate((CHANGELOG, 0))
    await machine.recover()
    assert machine.changelog() == before
    assert machine.offsets() == {"a": 3, "b": 5}
    assert machine.table.local.changelog_id(0) == kafka.extent((CHANGELOG, 0)).topic_id
    assert list(machine.table.local.aside(0)) == []


async def test_a_changelog_that_lost_its_end_is_filled(machine: Machine, kafka: FakeKafka) -> None:
    before = machine.changelog()
    del kafka.logs[CHANGELOG, 0][1:]
    await machine.recover()
    assert machine.changelog() == before


async def test_a_changelog_that_is_gone_is_told_of_and_what_it_held_is_on_the_disk(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(_tps: set[TP]) -> dict[TP, Extent]:
        raise UnknownTopicOrPartitionError

    flushed = []
    local = machine.table.local
    monkeypatch.setattr(local, "flush", lambda: flushed.append(1))
    machine.app.consumer.extents = gone
    with pytest.raises(ChangelogLostError, match="was deleted while this worker ran"):
        await machine.recover()
    assert flushed


async def test_what_the_new_changelog_has_newer_is_kept(
    machine: Machine, kafka: FakeKafka, tmp_path: Path
) -> None:
    kafka.recreate((CHANGELOG, 0))
    other = Machine(tmp_path / "other", kafka)
    await other.recover()
    changed = {"b": AssetState(offset=9), "c": AssetState(offset=8)}
    await other.table.write(0, AssetTable.encode(changed), Mark.before(10, 0, "source"))
    await machine.recover()
    assert machine.offsets() == {"a": 3, "b": 9, "c": 8}
    raw = machine.changelog()[mark_key(0)]
    assert raw is not None
    assert mark.decode(raw).next_offset == 10
    await other.table.data.stop()


async def test_of_another_source_only_baselines_are_adopted(
    machine: Machine, kafka: FakeKafka, tmp_path: Path
) -> None:
    """Its positions say nothing of this one: events would be taken for repeated."""
    kafka.recreate((CHANGELOG, 0))
    other = Machine(tmp_path / "other", kafka)
    await other.recover()
    await other.table.write(
        0, AssetTable.encode({"b": AssetState(offset=1)}), Mark.before(2, 0, "another")
    )
    await machine.recover()
    assert machine.offsets() == {"a": -1, "b": 1}
    await other.table.data.stop()


@pytest.mark.parametrize("lives", range(4))
async def test_a_crash_amid_the_filling_is_made_good(
    machine: Machine, kafka: FakeKafka, tmp_path: Path, lives: int, monkeypatch: Any
) -> None:
    monkeypatch.setattr("tables.assets.ADOPTED_AT_ONCE", 1)
    before = machine.changelog()
    kafka.recreate((CHANGELOG, 0))
    kafka.lives = lives
    crashed = False
    try:
        await machine.recover()
    except BaseException as error:
        crashed = type(error).__name__ == "Crash"
    assert crashed == (lives < 3)
    await machine.table.data.stop()
    kafka.lives = 1 << 30
    again = Machine(tmp_path / "one", kafka)
    await again.recover()
    assert again.changelog() == before
    assert again.offsets() == {"a": 3, "b": 5}
    await again.table.data.stop()
