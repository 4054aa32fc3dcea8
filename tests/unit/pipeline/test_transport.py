"""Batches: in what order they are worked on, acknowledged, committed and given up."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import faust
import pytest
from aiokafka.errors import IllegalStateError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from pipeline import transport
from pipeline.app import create_app
from pipeline.settings import Settings
from pipeline.transport import Batch, BatchConsumer, process
from tests.unit.operators.events import FakeRecord

TOPIC = TP("metrics", 0)


def batch(*offsets: int, partition: int = 0) -> Batch:
    return Batch("metrics", partition, [FakeRecord(None, b"", offset, 0) for offset in offsets])


async def stream(batches: Iterable[Batch]) -> AsyncIterator[Batch]:
    for one in batches:
        yield one


async def settled(*batches: Batch) -> None:
    await asyncio.gather(*(b.task for b in batches if b.task), return_exceptions=True)


class FakeApp:
    """What `process` needs of an app."""

    def __init__(self) -> None:
        self.crashes: list[BaseException] = []
        self.should_stop = False

    async def crash(self, error: BaseException) -> None:
        self.crashes.append(error)
        self.should_stop = True


# process ----------------------------------------------------------------------


def test_a_batch_ends_behind_its_last_record() -> None:
    # Compaction and transactions leave gaps.
    assert batch(3, 4, 9).next_offset == 10


async def test_a_batch_is_acknowledged_once_it_is_handled() -> None:
    app, one = FakeApp(), batch(0)
    let_go = asyncio.Event()

    async def handle(_: Batch) -> None:
        await let_go.wait()

    await process(app, stream([one]), handle)
    await asyncio.sleep(0)
    assert not one.acknowledged
    let_go.set()
    await settled(one)
    assert one.acknowledged


async def test_batches_of_one_partition_take_turns_and_others_go_on() -> None:
    app, begun, let_go = FakeApp(), [], asyncio.Event()
    first, second, other = batch(0), batch(1), batch(0, partition=1)

    async def handle(one: Batch) -> None:
        begun.append(one)
        if one is first:
            await let_go.wait()

    await process(app, stream([first, second, other]), handle, at_once=3)
    await settled(other)
    assert begun == [first, other]
    assert (first.acknowledged, second.acknowledged, other.acknowledged) == (False, False, True)
    let_go.set()
    await settled(first, second)
    assert begun == [first, other, second]
    assert second.acknowledged


async def test_no_more_are_begun_than_may_be_at_once() -> None:
    app, working, most = FakeApp(), 0, 0

    async def handle(_: Batch) -> None:
        nonlocal working, most
        working += 1
        most = max(most, working)
        await asyncio.sleep(0)
        working -= 1

    batches = [batch(0, partition=number) for number in range(20)]
    await process(app, stream(batches), handle, at_once=3)
    await settled(*batches)
    assert most == 3
    assert all(one.acknowledged for one in batches)


async def test_a_failure_stops_the_app_and_nothing_after_it_is_acknowledged() -> None:
    app, handled = FakeApp(), []

    async def handle(one: Batch) -> None:
        handled.append(one)
        if one is second:
            raise ValueError("no")

    first, second, third = batch(0), batch(1), batch(2)
    await process(app, stream([first, second, third]), handle)
    await settled(first, second, third)
    assert [str(crash) for crash in app.crashes] == ["no"]
    assert handled == [first, second]
    assert [one.acknowledged for one in (first, second, third)] == [True, False, False]


async def test_what_was_revoked_before_it_began_is_left_out() -> None:
    one, other = batch(0), batch(1)
    one.revoked = True
    handled = []

    async def handle(given: Batch) -> None:
        handled.append(given)

    await process(FakeApp(), stream([one, other]), handle)
    await settled(other)
    assert handled == [other]
    assert (one.task, one.acknowledged) == (None, False)


async def test_a_cancelled_batch_is_neither_acknowledged_nor_a_crash() -> None:
    app, one = FakeApp(), batch(0)

    async def handle(_: Batch) -> None:
        await asyncio.Event().wait()

    await process(app, stream([one]), handle)
    await asyncio.sleep(0)
    assert one.task is not None
    one.task.cancel()
    await settled(one)
    assert (one.acknowledged, app.crashes) == (False, [])


# The consumer -----------------------------------------------------------------


@pytest.fixture
async def consumer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BatchConsumer]:
    """A consumer that was never started; `committed` is what it told Kafka."""
    app: faust.App = create_app(Settings(state_dir=tmp_path), "transport", ("metrics",))
    consumer = app.consumer
    consumer.committed = []

    async def commit(offsets: dict[TP, int]) -> bool:
        consumer.committed.append(dict(offsets))
        return True

    async def flush() -> None:
        return

    monkeypatch.setattr(consumer, "_commit", commit)
    monkeypatch.setattr(consumer, "assignment", lambda: {TOPIC, TP("metrics", 1)})
    monkeypatch.setattr(consumer, "highwater", lambda tp: 10)
    monkeypatch.setattr(app.producer, "flush", flush)
    yield consumer
    consumer._thread.thread_loop.close()


def deliver(consumer: BatchConsumer, *batches: Batch) -> None:
    for one in batches:
        consumer._message(TP(one.topic, one.partition), one)


async def test_each_partition_comes_as_one_message(
    consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    changelog = TP("transport-assets-changelog", 1)
    records = {TOPIC: batch(3, 4).records, changelog: batch(7).records, TP("metrics", 1): []}

    async def fetch(_timeout: float) -> Any:
        return records, set(records)

    monkeypatch.setattr(consumer, "_wait_next_records", fetch)
    got = {tp: message async for tp, message in consumer.getmany(0.1)}
    assert set(got) == {TOPIC, changelog}
    message = got[TOPIC]
    assert (message.offset, message.value.next_offset) == (4, 5)
    assert message.value.records is records[TOPIC]
    assert got[changelog].value.partition == 1
    # Only what an agent acknowledges is waited for.
    assert set(consumer._pending) == {TOPIC}


async def test_what_is_not_ours_is_not_delivered(
    consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fetch(_timeout: float) -> Any:
        return {TOPIC: batch(3).records, TP("metrics", 1): batch(4).records}, {TP("metrics", 1)}

    monkeypatch.setattr(consumer, "_wait_next_records", fetch)
    assert [tp async for tp, _ in consumer.getmany(0.1)] == [TP("metrics", 1)]
    assert set(consumer._pending) == {TP("metrics", 1)}


async def test_a_rebalance_amid_the_delivery_ends_it(
    consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fetch(_timeout: float) -> Any:
        records = {TOPIC: batch(3).records, TP("metrics", 1): batch(4).records}
        return records, set(records)

    monkeypatch.setattr(consumer, "_wait_next_records", fetch)
    delivered = []
    async for tp, _ in consumer.getmany(0.1):
        delivered.append(tp)
        consumer.app.consumer_generation_id += 1
    assert delivered == [TOPIC]
    assert set(consumer._pending) == {TOPIC}


async def test_commits_follow_the_order_of_delivery(consumer: BatchConsumer) -> None:
    first, second, third = batch(0, 1), batch(2), batch(5, 6)
    deliver(consumer, first, second, third)
    assert not await consumer.commit()
    second.acknowledge()
    third.acknowledge()
    assert not await consumer.commit()
    first.acknowledge()
    assert await consumer.commit()
    assert consumer.committed == [{TOPIC: 7}]
    # The last one stays, in case the commit failed, and is not committed twice.
    assert consumer._pending[TOPIC] == deque([third])
    assert not await consumer.commit()


async def test_a_commit_that_failed_is_tried_again(
    consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_offsets: dict[TP, int]) -> bool:
        raise ConnectionError

    one = batch(0)
    deliver(consumer, one)
    one.acknowledge()
    with monkeypatch.context() as broken:
        broken.setattr(consumer, "_commit", fail)
        with pytest.raises(ConnectionError):
            await consumer.commit()
    assert await consumer.commit()
    assert consumer.committed == [{TOPIC: 1}]


async def test_partitions_do_not_wait_for_each_other(consumer: BatchConsumer) -> None:
    stuck, done = batch(0), batch(4, partition=1)
    deliver(consumer, stuck, done)
    done.acknowledge()
    await consumer.commit()
    assert consumer.committed == [{TP("metrics", 1): 5}]


async def test_caught_up_once_all_that_was_written_is_acknowledged(
    consumer: BatchConsumer,
) -> None:
    assert not consumer.caught_up(TOPIC)
    consumer._read_offset[TOPIC] = 10
    assert consumer.caught_up(TOPIC)
    last = batch(8, 9)
    deliver(consumer, last)
    assert not consumer.caught_up(TOPIC)
    last.acknowledge()
    assert consumer.caught_up(TOPIC)


async def revoke(consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Revoke the partition; the base class forgets what it knew of it."""

    async def forget(_self: Any, _revoked: set[TP]) -> None:
        consumer.committed.append("forgotten")

    monkeypatch.setattr(driver.Consumer, "on_partitions_revoked", forget)
    await consumer.on_partitions_revoked({TOPIC})


async def test_a_rebalance_waits_for_what_is_in_work_and_commits_it_first(
    consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    working, waiting = batch(0), batch(1)
    deliver(consumer, working, waiting)

    async def handle(_: Batch) -> None:
        await asyncio.sleep(0.05)

    await process(FakeApp(), stream([working]), handle)
    await revoke(consumer, monkeypatch)
    assert consumer.committed == [{TOPIC: 1}, "forgotten"]
    assert (waiting.revoked, waiting.acknowledged) == (True, False)
    assert TOPIC not in consumer._pending


async def test_what_takes_too_long_is_given_up(
    consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "DRAIN_SECONDS", 0.05)
    stuck = batch(0)
    deliver(consumer, stuck)

    async def handle(_: Batch) -> None:
        await asyncio.Event().wait()

    app = FakeApp()
    await process(app, stream([stuck]), handle)
    await revoke(consumer, monkeypatch)
    await settled(stuck)
    assert consumer.committed == ["forgotten"]
    assert (stuck.revoked, stuck.acknowledged, app.crashes) == (True, False, [])


async def test_going_back_drops_what_will_be_delivered_again(
    consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def committed() -> dict[TP, int]:
        return {TOPIC: 0}

    monkeypatch.setattr(consumer, "seek_to_committed", committed)
    one = batch(0)
    deliver(consumer, one)
    await consumer.perform_seek()
    assert one.revoked
    assert not consumer._pending
    one.acknowledge()
    assert not await consumer.commit()


class FakeKafkaConsumer:
    """aiokafka's consumer, as far as going back needs it."""

    def __init__(self, committed: dict[TP, int | None]) -> None:
        self._committed = committed
        self.sought: dict[TP, int] = {}
        self.revoked_meanwhile: TP | None = None

    def assignment(self) -> set[TP]:
        return set(self._committed)

    async def seek_to_committed(self) -> dict[TP, int | None]:
        assert self._committed, "aiokafka will not go back in no partition"
        if self.revoked_meanwhile:
            gone, self.revoked_meanwhile = self.revoked_meanwhile, None
            del self._committed[gone]
            raise IllegalStateError(f"No current assignment for partition {gone}")
        return self._committed

    async def beginning_offsets(self, tps: Iterable[TP]) -> dict[TP, int]:
        return dict.fromkeys(tps, 7)

    def seek(self, tp: TP, offset: int) -> None:
        self.sought[tp] = offset


async def test_where_nothing_was_committed_it_goes_back_to_the_earliest(
    consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    changelog, committed = TP("changelog", 0), TP("metrics", 1)
    kafka = FakeKafkaConsumer({TOPIC: None, committed: 5, changelog: None})
    monkeypatch.setattr(consumer._thread, "_consumer", kafka)
    await consumer._thread._seek_to_committed()
    assert kafka.sought == {TOPIC: 7}  # a changelog stays where recovery has left it


@pytest.mark.parametrize("left", [{}, {TP("metrics", 1): 5}])
async def test_a_rebalance_meanwhile_leaves_what_is_still_assigned(
    consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch, left: dict[TP, int | None]
) -> None:
    kafka = FakeKafkaConsumer({TOPIC: 3, **left})
    kafka.revoked_meanwhile = TOPIC

    async def call(method: Any) -> Any:
        return await method()

    monkeypatch.setattr(consumer._thread, "_consumer", kafka)
    monkeypatch.setattr(consumer._thread, "call_thread", call)
    assert await consumer._thread.seek_to_committed() == left


async def test_nothing_is_fetched_while_it_goes_back_and_what_was_is_dropped(
    consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    going, gone = asyncio.Event(), asyncio.Event()
    record = FakeRecord(None, b"", 0, 0)

    async def fetch(_active: set[TP] | None, _timeout: float) -> dict[TP, list[Any]]:
        return {TOPIC: [record], TP("metrics", 1): [record]}

    async def committed() -> dict[TP, int]:
        going.set()
        await gone.wait()
        return {}

    monkeypatch.setattr(consumer._thread, "getmany", fetch)
    monkeypatch.setattr(consumer, "seek_to_committed", committed)
    monkeypatch.setattr(consumer, "_get_active_partitions", consumer.assignment)
    consumer.resume_flow()
    under_way = consumer.getmany(1.0)
    assert (await anext(under_way))[0] == TOPIC
    seeking = asyncio.create_task(consumer.perform_seek())
    await going.wait()
    with pytest.raises(StopAsyncIteration):
        await anext(under_way)
    later = asyncio.ensure_future(anext(consumer.getmany(1.0)))
    await asyncio.sleep(0.01)
    assert not later.done()
    gone.set()
    await seeking
    assert (await later)[0] == TOPIC


async def test_what_was_fetched_of_a_changelog_is_delivered_although_it_goes_back(
    consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    changelog = TP("changelog", 0)

    async def fetch(_timeout: float) -> Any:
        records = {TOPIC: batch(3).records, TP("metrics", 1): batch(4).records}
        records[changelog] = batch(5).records
        return records, set(records)

    async def committed() -> dict[TP, int]:
        return {}

    monkeypatch.setattr(consumer, "_wait_next_records", fetch)
    monkeypatch.setattr(consumer, "seek_to_committed", committed)
    delivered = []
    async for tp, _ in consumer.getmany(0.1):
        delivered.append(tp)
        if tp == TOPIC:
            await consumer.perform_seek()
    assert delivered == [TOPIC, changelog]


async def test_what_is_fetched_again_in_other_batches_is_not_taken_for_read(
    consumer: BatchConsumer,
) -> None:
    consumer._read_offset[TOPIC] = 100
    deliver(consumer, batch(3, 4))
    assert consumer._read_offset[TOPIC] is None


async def test_stopping_finishes_and_commits(consumer: BatchConsumer) -> None:
    one = batch(0)
    deliver(consumer, one)

    async def handle(_: Batch) -> None:
        await asyncio.sleep(0.05)

    await process(FakeApp(), stream([one]), handle)
    await consumer.wait_empty()
    assert consumer.committed == [{TOPIC: 1}]


async def test_changelogs_are_left_to_faust(consumer: BatchConsumer) -> None:
    changelog = TP("transport-assets-changelog", 0)
    await consumer._add_gap(TOPIC, 1, 5)
    await consumer._add_gap(changelog, 1, 5)
    assert not consumer._gap[TOPIC]
    assert consumer._gap[changelog]
    consumer._acked[changelog] = [0]
    deliver(consumer, batch(0))
    assert set(consumer._filter_tps_with_pending_acks()) == {changelog, TOPIC}
    assert set(consumer._filter_tps_with_pending_acks({"metrics"})) == {TOPIC}
    assert set(consumer._filter_tps_with_pending_acks({TOPIC})) == {TOPIC}
    assert consumer._new_offset(changelog) == 1
