"""What pipeline/transport.py and tables/ rely on in Faust, aiokafka and rocksdict.

None of it is promised by anyone. When an upgrade breaks a test here, read the code that
leans on it before the pin in pyproject.toml moves.
"""

import inspect
import re
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import faust
import pytest
import rocksdict
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.consumer import fetcher
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder, _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords, _MemoryRecordsPy
from faust.stores.memory import Store as MemoryStore
from faust.stores.rocksdb import Store as RocksStore
from faust.tables import recovery
from faust.transport import conductor
from faust.transport import consumer as base
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from pipeline.app import create_app
from pipeline.consumer_thread import BatchConsumerThread, _as_parsed
from pipeline.lenient_records import KeptRecords, LenientPartitionRecords
from pipeline.settings import Settings
from pipeline.transport import BatchConsumer, BatchSchema
from tables.assets import TABLE_NAME, AssetTable
from tests.conftest import ROOT


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[faust.App]:
    app = create_app(Settings(state_dir=tmp_path), "contract", ("metrics",))
    yield app
    app.consumer._thread.thread_loop.close()


def parameters(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


@pytest.mark.parametrize("package", ["faust-streaming", "aiokafka"])
def test_what_is_leant_on_is_pinned(package: str) -> None:
    pinned = re.search(
        rf'"{package}(?:\[[^]]+\])?==([\d.]+)"', (ROOT / "pyproject.toml").read_text()
    )
    assert pinned is not None
    assert version(package) == pinned[1]


# The consumer -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("owner", "name", "expected"),
    [
        (driver.Consumer, "_new_consumer_thread", ["self"]),
        (driver.Consumer, "getmany", ["self", "timeout"]),
        (driver.Consumer, "_wait_next_records", ["self", "timeout"]),
        (driver.Consumer, "on_buffer_full", ["self", "tp"]),
        (driver.Consumer, "_add_gap", ["self", "tp", "offset_from", "offset_to"]),
        (driver.Consumer, "_filter_tps_with_pending_acks", ["self", "topics"]),
        (driver.Consumer, "_new_offset", ["self", "tp"]),
        (driver.Consumer, "highwater", ["self", "tp"]),
        (driver.Consumer, "perform_seek", ["self"]),
        (driver.Consumer, "on_partitions_revoked", ["self", "revoked"]),
        (driver.Consumer, "wait_empty", ["self"]),
        (driver.Consumer, "commit", ["self", "topics", "start_new_transaction"]),
        (driver.Consumer, "_commit", ["self", "offsets"]),
        (driver.AIOKafkaConsumerThread, "on_start", ["self"]),
        (driver.Producer, "_ensure_producer", ["self"]),
        (faust.Schema, "loads_key", ["self", "app", "message", "loads", "serializer"]),
        (faust.Schema, "loads_value", ["self", "app", "message", "loads", "serializer"]),
        (faust.Table, "apply_changelog_batch", ["self", "batch"]),
        (RocksStore, "_db_for_partition", ["self", "partition"]),
        (RocksStore, "_visible_items", ["self", "db"]),
        (driver.AIOKafkaConsumerThread, "_commit", ["self", "offsets"]),
        (
            driver.AIOKafkaConsumerThread,
            "_fetch_records",
            ["self", "consumer", "active_partitions", "timeout", "max_records"],
        ),
        (fetcher.FetchResult, "getall", ["self", "max_records"]),
        (GroupCoordinator, "fetch_committed_offsets", ["self", "partitions"]),
        (AIOKafkaClient, "send", ["self", "node_id", "request", "group"]),
        (fetcher.Fetcher, "_proc_fetch_request", ["self", "assignment", "node_id", "request"]),
        (fetcher.PartitionRecords, "_consumer_record", ["self", "tp", "record"]),
        (AIOKafkaProducer, "send_batch", ["self", "batch", "topic", "partition"]),
    ],
)
def test_signatures(owner: type, name: str, expected: list[str]) -> None:
    assert parameters(getattr(owner, name)) == expected


@pytest.mark.parametrize(
    "name",
    [
        "_add_gap",
        "perform_seek",
        "on_partitions_revoked",
        "wait_empty",
        "commit",
        "_commit",
        "maybe_wait_for_commit_to_finish",
    ],
)
def test_what_is_awaited_can_be(name: str) -> None:
    method = inspect.unwrap(getattr(driver.Consumer, name))
    assert inspect.iscoroutinefunction(method)


async def test_the_app_makes_our_consumer(app: faust.App) -> None:
    consumer = app.consumer
    assert type(consumer) is BatchConsumer
    assert type(consumer._thread) is BatchConsumerThread
    # Attributes, all there before it starts.
    assert not consumer.should_stop
    assert consumer.flow_active is True
    assert consumer._read_offset[TP("metrics", 0)] is None
    assert consumer._committed_offset[TP("metrics", 0)] is None
    assert set() == consumer._buffered_partitions
    assert callable(app.monitor.track_tp_end_offset)
    assert app.consumer_generation_id == 0
    assert app.rebalancing is False


async def test_no_records_are_told_apart_from_stopping(
    app: faust.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    tps, asked = {TP("metrics", 0)}, []

    async def fetch(active_partitions: set[TP], **_: Any) -> dict[TP, list[Any]]:
        asked.append(active_partitions)
        return {}

    consumer = app.consumer
    consumer.resume_flow()
    consumer._set_active_tps(tps)
    monkeypatch.setattr(consumer, "_getmany", fetch)
    assert await consumer._wait_next_records(0.01) == ({}, tps)
    assert asked == [tps]


async def test_a_partition_is_fetched_although_its_stream_is_busy(app: faust.App) -> None:
    tp, consumer = TP("metrics", 0), app.consumer
    consumer.resume_flow()
    consumer._set_active_tps({tp})
    driver.Consumer.on_buffer_full(consumer, tp)
    assert tp not in consumer._get_active_partitions()
    consumer.on_buffer_drop(tp)
    consumer.on_buffer_full(tp)
    assert tp in consumer._get_active_partitions()
    assert "consumer_on_buffer_full(tp)" in inspect.getsource(conductor)


async def test_it_commits_what_we_say(app: faust.App, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, other = TP("metrics", 0), TP("changelog", 0)
    committed: list[dict[TP, int]] = []

    async def commit(offsets: dict[TP, int]) -> bool:
        committed.append(dict(offsets))
        return True

    async def flush() -> None:
        return

    consumer = app.consumer
    monkeypatch.setattr(consumer, "_commit", commit)
    monkeypatch.setattr(consumer, "assignment", lambda: {mine, other})
    monkeypatch.setattr(app.producer, "flush", flush)
    monkeypatch.setattr(
        consumer, "_filter_tps_with_pending_acks", lambda topics: iter([mine, other])
    )
    monkeypatch.setattr(consumer, "_new_offset", {mine: 7, other: None}.get)
    assert await consumer.commit()
    assert committed == [{mine: 7}]
    # What was committed already is not committed again.
    assert not await consumer.commit()
    assert committed == [{mine: 7}]


def test_reading_goes_on_behind_the_offset_of_the_message() -> None:
    """A batch's message has the offset of its last record; no gap is seen before it."""
    source = inspect.getsource(base.Consumer._drain_messages)
    assert "if r_offset is None or offset >= r_offset:" in source
    assert "set_read_offset(tp, offset)" in source


def test_stopping_waits_for_what_is_in_work() -> None:
    source = inspect.getsource(base.Consumer.on_stop)
    assert "if self.app.conf.stream_wait_empty:" in source
    assert "await self.wait_empty()" in source


def test_messages_are_made_as_we_make_them() -> None:
    tp = TP("metrics", 3)
    message = ConsumerMessage(
        tp.topic, tp.partition, 9, timestamp=1.5, timestamp_type=0, headers=(), key=None,
        value="batch", checksum=None, serialized_key_size=0, serialized_value_size=0, tp=tp,
        generation_id=4,
    )  # fmt: skip
    assert (message.tp, message.offset, message.value) == (tp, 9, "batch")
    assert BatchSchema().loads_value(None, message) == "batch"
    assert message.value is None
    assert BatchSchema().loads_key(None, message) is None


# aiokafka's records -----------------------------------------------------------


def fetched(*values: bytes) -> fetcher.PartitionRecords:
    builder = DefaultRecordBatchBuilder(2, 0, 1, -1, -1, 0, 1 << 20)
    for offset, value in enumerate(values):
        builder.append(offset, 1700, b"key", value, [("name", b"header")])
    return fetcher.PartitionRecords(
        TopicPartition("metrics", 0), MemoryRecords(bytes(builder.build())), [], 0, None, None,
        True, fetcher.READ_UNCOMMITTED,
    )  # fmt: skip


def test_records_can_be_had_as_parsed() -> None:
    records = fetched(b"one", b"two")
    records._consumer_record = _as_parsed  # type: ignore[method-assign]
    one, two = records
    assert (one.offset, one.key, one.value, one.timestamp) == (0, b"key", b"one", 1700)
    assert [*one.headers] == [("name", b"header")]
    assert (two.offset, two.value) == (1, b"two")
    assert records.next_fetch_offset == 2


def test_parsed_records_own_their_bytes() -> None:
    records = fetched(b"one")
    records._consumer_record = _as_parsed  # type: ignore[method-assign]
    (one,) = records
    assert type(one.value) is bytes
    assert type(one.key) is bytes


def test_fetch_results_are_where_they_are_looked_for() -> None:
    source = inspect.getsource(fetcher.Fetcher)
    # Looked up on the instance for every request, so that ours is the one that is called.
    assert "self._proc_fetch_request(assignment, node_id, request)" in source
    assert "self._records[tp] = FetchResult(" in source
    assert parameters(fetcher.FetchResult.has_more) == ["self"]
    assert "self._partition_records = partition_records" in inspect.getsource(fetcher.FetchResult)
    unpacking = inspect.getsource(fetcher.PartitionRecords._unpack_records)
    assert "self._consumer_record(tp, record)" in unpacking


def test_the_positions_around_what_is_taken_can_be_had() -> None:
    source = inspect.getsource(fetcher.Fetcher.fetched_records)
    assert "records = res_or_error.getall(max_records)" in source
    assert "drained[tp] = records" in source
    # So that our `getall` stands in for the class's.
    assert not hasattr(fetcher.FetchResult, "__slots__")
    taken = fetched(b"one", b"two")
    assert taken.next_fetch_offset == 0
    next(taken)
    assert taken.next_fetch_offset == 1


def test_one_commit_at_a_time_asks_for_the_offsets_it_sends() -> None:
    source = inspect.getsource(base.Consumer)
    assert source.count("self._new_offset(tp)") == 1
    assert "if await self.maybe_wait_for_commit_to_finish():" in source


def test_faust_goes_back_before_it_lets_streams_go_on() -> None:
    """Nothing is delivered before that, so every partition must have its turn."""
    for method in (recovery.Recovery._resume_streams, recovery.Recovery.on_recovery_completed):
        source = inspect.getsource(method)
        assert 0 < source.index("consumer.perform_seek()") < source.index("consumer.resume_flow()")


def test_a_broker_is_kept_off_only_for_the_backoff_of_what_is_not_yet_taken() -> None:
    source = inspect.getsource(fetcher.Fetcher)
    assert "backoff=self._prefetch_backoff" in source
    assert "if backoff:" in source
    taken = fetcher.FetchResult(
        TopicPartition("metrics", 0), assignment=None, partition_records=None, backoff=0
    )
    assert taken.calculate_backoff() == 0


def test_what_is_not_yet_taken_is_left_out_of_a_fetch_that_waits_for_others() -> None:
    source = inspect.getsource(fetcher.Fetcher._get_actions_per_node)
    assert "if tp in self._records:" in source
    assert "fetch_requests.append((node_id, req))" in source
    assert FetchRequest(1500, 1, 1, 0, [])._max_wait_ms == 1500


def test_a_batch_refuses_what_does_not_fit_but_never_its_first_record() -> None:
    batch = BatchBuilder(200, 0)
    record: dict[str, Any] = {"key": b"k", "timestamp": 0, "headers": []}
    assert batch.append(value=b"x" * 500, **record) is not None
    assert batch.append(value=b"x", **record) is None
    assert batch.record_count() == 1
    batch.close()


def test_fetched_bytes_are_read_by_what_the_fetcher_names() -> None:
    """So that `lenient_records` stands in for both, in every consumer."""
    assert fetcher.MemoryRecords is KeptRecords
    assert fetcher.PartitionRecords is LenientPartitionRecords
    source = inspect.getsource(fetcher.Fetcher._proc_fetch_request)
    assert "records = MemoryRecords(part_data[-1])" in source
    assert "partition_records = PartitionRecords(" in source
    assert parameters(fetcher.PartitionRecords._unpack_records) == ["self"]
    assert "records = self._records" in inspect.getsource(fetcher.PartitionRecords._unpack_records)


def test_header_names_are_decoded_from_a_slice_of_the_buffer() -> None:
    """As for `lenient_records`, which changes how a slice is decoded."""
    source = inspect.getsource(_DefaultRecordBatchPy)
    assert source.count(".decode(") == 1
    assert 'h_key = buffer[pos : pos + h_key_len].decode("utf-8")' in source
    assert "self._maybe_uncompress()" in inspect.getsource(_DefaultRecordBatchPy.__iter__)
    assert "self._next_slice = memoryview(buffer)[" in inspect.getsource(_MemoryRecordsPy)


# The table --------------------------------------------------------------------


async def test_the_changelog_is_named_after_app_and_table(app: faust.App) -> None:
    table = AssetTable(app, cache_assets=10)
    assert table.changelog_topic_name == f"contract-{TABLE_NAME}-changelog"
    assert isinstance(table.data, RocksStore)


async def test_what_is_written_raw_is_found_by_faust(app: faust.App) -> None:
    store = AssetTable(app, cache_assets=10).data
    tp = TP("changelog", 2)
    assert store.persisted_offset(tp) is None
    batch = rocksdict.WriteBatch(raw_mode=True)
    batch.put(b"asset", b"state")
    batch.put(store.offset_key, b"41")
    store._db_for_partition(2).write(batch)
    assert store.persisted_offset(tp) == 41
    assert [*store._visible_items(store._db_for_partition(2))] == [(b"asset", b"state")]
    assert store._db_for_partition(2).get([b"asset", b"other"]) == [b"state", None]


async def test_the_memory_store_is_a_dict_with_partitions() -> None:
    app = faust.App("contract-memory", broker="kafka://nowhere", store="memory://")
    store = AssetTable(app, cache_assets=10).data
    assert isinstance(store, MemoryStore)
    assert store.data == {}
    assert store._key_partition == {}


def test_recovery_hands_events_of_one_table_at_a_time() -> None:
    source = inspect.getsource(recovery.Recovery)
    assert source.count("table.apply_changelog_batch(buf") == 2


async def test_a_copy_is_written_batch_by_batch(app: faust.App) -> None:
    table = AssetTable(app, cache_assets=10)
    assert table.standby_buffer_size == 1
    # At one, Faust would go on reading what the worker itself writes.
    assert 1 < table.recovery_buffer_size < 100
