"""Batches: in what order they are worked on, acknowledged, committed and given up."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import faust
import pytest
from aiokafka.errors import IllegalStateError
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from pipeline import consumer_thread, transport
from pipeline.app import create_app
from pipeline.consumer_thread import Fetched
from pipeline.lanes import Batch, Lane
from pipeline.positions import Committed, Extent, Start
from pipeline.settings import Settings
from pipeline.transport import BatchConsumer, process
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
    assert batch(3, 4, 9).end == 10


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


async def test_what_was_refused_before_it_began_is_left_out() -> None:
    one, other = batch(0), batch(1)
    one.lane = Lane.none()
    handled = []

    async def handle(given: Batch) -> None:
        handled.append(given)

    await process(FakeApp(), stream([one, other]), handle)
    await settled(other)
    assert handled == [other]
    assert (one.task, one.acknowledged) == (None, False)


@pytest.mark.parametrize("ending", [ValueError("no"), asyncio.CancelledError()])
async def test_what_follows_a_batch_that_was_not_finished_is_not_begun(
    ending: BaseException,
) -> None:
    app, lane, begun, let_go = FakeApp(), Lane(0), [], asyncio.Event()
    first, second = batch(0), batch(1)
    lane.deliver(first)
    lane.deliver(second)

    async def crash(_error: BaseException) -> None:
        await asyncio.sleep(0.01)

    async def handle(one: Batch) -> None:
        begun.append(one)
        await let_go.wait()
        raise ending

    app.crash = crash  # type: ignore[method-assign]
    await process(app, stream([first, second]), handle, at_once=2)
    await asyncio.sleep(0)
    let_go.set()
    await settled(first, second)
    assert begun == [first]
    assert not second.acknowledged


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


def at(consumer: BatchConsumer, *positions: int) -> None:
    """Have the consumer gone to these positions, one a partition."""
    for partition, position in enumerate(positions):
        consumer._lanes[TP("metrics", partition)] = Lane(position, "an-id")


def deliver(consumer: BatchConsumer, *batches: Batch) -> None:
    for one in batches:
        tp = TP(one.topic, one.partition)
        if consumer._lanes[tp].closed:
            consumer._lanes[tp] = Lane(0, "an-id")
        consumer._message(tp, one)


def delivered(consumer: BatchConsumer) -> dict[TP, list[int]]:
    """Where the batches begin that were delivered of each partition."""
    lanes = consumer._lanes.items()
    return {tp: [b.start for b in lane.batches] for tp, lane in lanes if lane.batches}


def fetched(*offsets: int) -> Fetched:
    return Fetched(batch(*offsets).records, offsets[0], offsets[-1] + 1)


async def test_each_partition_comes_as_one_message(
    consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    changelog = TP("transport-assets-changelog", 1)
    records = {
        TOPIC: fetched(3, 4), changelog: fetched(7), TP("metrics", 1): Fetched([], 0, 0)
    }  # fmt: skip
    at(consumer, 3, 0)

    async def fetch(_timeout: float) -> Any:
        return records, set(records)

    monkeypatch.setattr(consumer, "_wait_next_records", fetch)
    got = {tp: message async for tp, message in consumer.getmany(0.1)}
    assert set(got) == {TOPIC, changelog}
    message = got[TOPIC]
    assert (message.offset, message.value.end) == (4, 5)
    assert message.value.records is records[TOPIC].records
    assert got[changelog].value.partition == 1
    # Only what an agent acknowledges is waited for.
    assert delivered(consumer) == {TOPIC: [3]}


async def test_what_is_not_ours_is_not_delivered(
    consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fetch(_timeout: float) -> Any:
        return {TOPIC: fetched(3), TP("metrics", 1): fetched(4)}, {TP("metrics", 1)}

    at(consumer, 3, 4)
    monkeypatch.setattr(consumer, "_wait_next_records", fetch)
    assert [tp async for tp, _ in consumer.getmany(0.1)] == [TP("metrics", 1)]
    assert delivered(consumer) == {TP("metrics", 1): [4]}


async def test_a_rebalance_amid_the_delivery_ends_it(
    consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fetch(_timeout: float) -> Any:
        records = {TOPIC: fetched(3), TP("metrics", 1): fetched(4)}
        return records, set(records)

    at(consumer, 3, 4)
    monkeypatch.setattr(consumer, "_wait_next_records", fetch)
    got = []
    async for tp, _ in consumer.getmany(0.1):
        got.append(tp)
        consumer.app.consumer_generation_id += 1
    assert got == [TOPIC]
    assert delivered(consumer) == {TOPIC: [3]}


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
    assert consumer._lanes[TOPIC].batches == deque([third])
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
    at(consumer, 10, 0)
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
    await asyncio.sleep(0)
    await revoke(consumer, monkeypatch)
    assert consumer.committed == [{TOPIC: 1}, "forgotten"]
    assert (waiting.refused, waiting.acknowledged) == (True, False)
    assert TOPIC not in consumer._lanes


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
    await asyncio.sleep(0)
    await revoke(consumer, monkeypatch)
    await settled(stuck)
    assert consumer.committed == ["forgotten"]
    assert (stuck.refused, stuck.acknowledged, app.crashes) == (True, False, [])


def starts(*positions: int) -> dict[TP, Start]:
    extent = Extent("an-id", 0, 100)
    return {
        TP("metrics", n): Start(position, extent, Committed(position, "an-id"))
        for n, position in enumerate(positions)
    }


@pytest.fixture
def gone_to(consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Where the consumer went; it goes back to 0 and 4."""
    gone: list[Any] = []

    async def found() -> dict[TP, Start]:
        return starts(0, 4)

    async def go(positions: Any) -> None:
        gone.append(positions)

    monkeypatch.setattr(consumer._thread, "starts", found)
    monkeypatch.setattr(consumer._thread, "go_to", go)
    return gone


async def test_going_back_drops_what_will_be_delivered_again(
    consumer: BatchConsumer, gone_to: list[Any]
) -> None:
    one = batch(0)
    deliver(consumer, one)
    await consumer.perform_seek()
    assert one.refused
    assert gone_to == [{TOPIC: 0, TP("metrics", 1): 4}]
    assert delivered(consumer) == {}
    assert [lane.position for lane in consumer._lanes.values()] == [0, 4]
    one.acknowledge()
    assert not await consumer.commit()


async def test_a_rebalance_while_it_goes_back_leaves_the_partitions_closed(
    consumer: BatchConsumer, gone_to: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def revoked_meanwhile(_positions: Any) -> None:
        await revoke(consumer, monkeypatch)

    monkeypatch.setattr(consumer._thread, "go_to", revoked_meanwhile)
    await consumer.perform_seek()
    assert consumer._lanes[TOPIC].closed


async def fetching(consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch, one: Fetched) -> Any:
    async def fetch(_timeout: float) -> Any:
        return {TOPIC: one}, {TOPIC}

    monkeypatch.setattr(consumer, "_wait_next_records", fetch)
    return [message.value async for _, message in consumer.getmany(0.1)]


async def test_a_gap_is_not_delivered_and_the_consumer_goes_back(
    consumer: BatchConsumer, gone_to: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    at(consumer, 0, 4)
    assert await fetching(consumer, monkeypatch, fetched(1, 2)) == []
    assert gone_to
    assert await fetching(consumer, monkeypatch, fetched(0, 1)) != []


async def test_offsets_without_a_record_are_no_gap(
    consumer: BatchConsumer, gone_to: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    at(consumer, 0, 4)
    for records, start, end in ((batch(3, 5).records, 0, 8), (batch(9).records, 8, 10)):
        (given,) = await fetching(consumer, monkeypatch, Fetched(records, start, end))
        assert (given.start, given.end) == (start, end)
    assert not gone_to


@pytest.mark.parametrize("rebalancing", [False, True])
async def test_nothing_is_delivered_of_a_closed_partition_until_the_consumer_went_back(
    consumer: BatchConsumer,
    gone_to: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    rebalancing: bool,
) -> None:
    at(consumer, 0, 4)
    (one,) = await fetching(consumer, monkeypatch, fetched(0))
    one.abandon()
    monkeypatch.setattr(consumer.app, "rebalancing", rebalancing)
    assert await fetching(consumer, monkeypatch, fetched(1)) == []
    # In a rebalance Faust goes back itself, once the table is whole.
    assert bool(gone_to) != rebalancing


@pytest.fixture
def kafka_topics(consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Ids of the topics there are, and under "" how often metadata was asked for again."""
    known: dict[str, Any] = {"metrics": "an-id", "": 0}

    async def ids(topics: set[str]) -> dict[str, Any]:
        return {topic: known[topic] for topic in topics if topic in known}

    async def refresh() -> None:
        known[""] += 1

    monkeypatch.setattr(consumer._thread, "topic_ids", ids)
    monkeypatch.setattr(consumer._thread, "refresh_metadata", refresh)
    return known


@pytest.mark.parametrize(("now", "goes_back"), [("an-id", 0), ("other", 1), (None, 0)])
async def test_it_goes_back_when_a_topic_was_created_again(
    consumer: BatchConsumer,
    gone_to: list[Any],
    kafka_topics: dict[str, Any],
    now: str | None,
    goes_back: int,
) -> None:
    at(consumer, 5, 5)
    kafka_topics["metrics"] = now
    await consumer.look_at_topics()
    assert len(gone_to) == goes_back
    assert kafka_topics[""] == 0


async def test_it_looks_out_for_a_topic_of_which_it_has_nothing(
    consumer: BatchConsumer, gone_to: list[Any], kafka_topics: dict[str, Any]
) -> None:
    del kafka_topics["metrics"]
    await consumer.look_at_topics()
    assert kafka_topics[""] == 1
    assert not gone_to


async def test_a_commit_carries_the_id_of_the_topic_that_was_read(
    consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed: list[Any] = []

    class Kafka:
        async def commit(self, offsets: Any) -> None:
            committed.append(offsets)

    monkeypatch.setattr(consumer._thread, "_consumer", Kafka())
    monkeypatch.setattr(consumer._thread, "assignment", lambda: {TOPIC})
    consumer.committing = {TOPIC: "an-id"}
    assert await consumer._thread._commit({TOPIC: 7, TP("metrics", 1): 8})
    assert committed == [{TopicPartition("metrics", 0): OffsetAndMetadata(7, "an-id")}]
    assert not await consumer._thread._commit({TP("metrics", 1): 8})


async def test_a_commit_names_the_topic_that_was_read(consumer: BatchConsumer) -> None:
    one = batch(0)
    deliver(consumer, one)
    one.acknowledge()
    await consumer.commit()
    assert consumer.committing[TOPIC] == "an-id"


class FakeKafkaConsumer:
    """aiokafka's consumer, as far as going back needs it."""

    def __init__(self, committed: dict[TopicPartition, OffsetAndMetadata | None]) -> None:
        self._committed = committed
        self._coordinator = self
        self._client = None
        self.sought: dict[TopicPartition, int] = {}
        self.revoked_meanwhile: TopicPartition | None = None

    def assignment(self) -> set[TopicPartition]:
        return set(self._committed)

    async def fetch_committed_offsets(self, tps: Any) -> dict[Any, OffsetAndMetadata]:
        return {tp: self._committed[tp] for tp in tps if self._committed[tp]}

    async def beginning_offsets(self, tps: Any) -> dict[TopicPartition, int]:
        return dict.fromkeys(tps, 7)

    async def end_offsets(self, tps: Any) -> dict[TopicPartition, int]:
        return dict.fromkeys(tps, 50)

    def seek(self, tp: TopicPartition, offset: int) -> None:
        if tp == self.revoked_meanwhile:
            self._committed.pop(tp)
            raise IllegalStateError(f"No current assignment for partition {tp}")
        self.sought[tp] = offset


@pytest.fixture
def on_kafka(consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a `FakeKafkaConsumer` under the consumer's thread, which is called at once."""

    async def call(method: Any) -> Any:
        return await method()

    async def ids(_client: Any, topics: set[str]) -> dict[str, str]:
        return dict.fromkeys(topics, "an-id")

    def put(committed: dict[TopicPartition, OffsetAndMetadata | None]) -> FakeKafkaConsumer:
        kafka = FakeKafkaConsumer(committed)
        monkeypatch.setattr(consumer._thread, "_consumer", kafka)
        monkeypatch.setattr(consumer._thread, "call_thread", call)
        monkeypatch.setattr(consumer_thread, "topic_ids", ids)
        return kafka

    return put


async def test_it_goes_back_in_batch_topics_alone(consumer: BatchConsumer, on_kafka: Any) -> None:
    changelog, other = TopicPartition("changelog", 0), TopicPartition("metrics", 1)
    kafka = on_kafka(
        {
            TopicPartition("metrics", 0): None,
            other: OffsetAndMetadata(8, "an-id"),
            changelog: None,  # stays where recovery has left it
        }
    )
    await consumer.perform_seek()
    assert kafka.sought == {TopicPartition("metrics", 0): 7, other: 8}
    assert consumer._committed_offset == {TOPIC: None, TP("metrics", 1): 8}


@pytest.mark.parametrize("error", consumer_thread.OUTAGES)
async def test_brokers_that_are_away_are_asked_again(
    consumer: BatchConsumer, on_kafka: Any, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    kafka = on_kafka({TopicPartition("metrics", 0): OffsetAndMetadata(8, "an-id")})
    failures = [error(), error()]

    async def ids(_client: Any, topics: set[str]) -> dict[str, str]:
        if failures:
            raise failures.pop()
        return dict.fromkeys(topics, "an-id")

    monkeypatch.setattr(consumer_thread, "topic_ids", ids)
    monkeypatch.setattr(consumer_thread, "RETRY_SECONDS", 0)
    await consumer.perform_seek()
    assert kafka.sought == {TopicPartition("metrics", 0): 8}


async def test_partitions_taken_away_meanwhile_are_left_out(
    consumer: BatchConsumer, on_kafka: Any
) -> None:
    mine, gone = TopicPartition("metrics", 1), TopicPartition("metrics", 0)
    kafka = on_kafka({mine: None, gone: None})
    kafka.revoked_meanwhile = gone
    await consumer._thread.go_to({TP("metrics", 0): 3, TP("metrics", 1): 4})
    assert kafka.sought == {mine: 4}


async def test_nothing_is_fetched_while_it_goes_back_and_what_was_is_dropped(
    consumer: BatchConsumer, gone_to: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    going, gone = asyncio.Event(), asyncio.Event()

    async def fetch(_active: set[TP] | None, _timeout: float) -> dict[TP, Fetched]:
        return {TOPIC: fetched(0), TP("metrics", 1): fetched(4)}

    async def go(_positions: Any) -> None:
        going.set()
        await gone.wait()

    at(consumer, 0, 4)
    monkeypatch.setattr(consumer._thread, "go_to", go)
    monkeypatch.setattr(consumer._thread, "getmany", fetch)
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
    consumer: BatchConsumer, gone_to: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    changelog = TP("changelog", 0)

    async def fetch(_timeout: float) -> Any:
        records = {TOPIC: fetched(3), TP("metrics", 1): fetched(4), changelog: fetched(5)}
        return records, set(records)

    at(consumer, 3, 4)
    monkeypatch.setattr(consumer, "_wait_next_records", fetch)
    got = []
    async for tp, _ in consumer.getmany(0.1):
        got.append(tp)
        if tp == TOPIC:
            await consumer.perform_seek()
    assert got == [TOPIC, changelog]


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
    await asyncio.sleep(0)
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
