"""Batches with header names that are not UTF-8, read as every consumer of ours reads them."""

import os
import struct
import subprocess
import sys

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException, UnsupportedCodecError
from aiokafka.record.default_records import DefaultRecordBase
from structlog.testing import capture_logs

import pipeline.kafka  # noqa: F401 - it makes consumers read leniently
from pipeline.lenient_records import LenientPartitionRecords, LenientRecords
from tests.conftest import ROOT
from tests.raw_headers import GZIP, Headers, raw_batch

FINE: Headers = [("größe".encode(), b"1")]
ODD: Headers = [(b"ok", b"\xfe"), (b"caf\xe9\xff", b"2"), ("größe".encode(), b"1")]
READ = [("ok", b"\xfe"), (r"caf\xe9\xff", b"2"), ("größe", b"1")]


def a_batch(first: int, *headers: Headers, codec: int = 0) -> bytes:
    """A batch as a broker stores it, of one record from offset `first` for each `headers`."""
    records = ((b"key", b"value" * 50, given) for given in headers)
    built = bytes(raw_batch(records, codec)._build())
    return struct.pack(">q", first) + built[8:]


def fetched(
    data: bytes, position: int = 0, aborted: list[tuple[int, int]] | None = None
) -> fetcher.PartitionRecords:
    isolation = fetcher.READ_UNCOMMITTED if aborted is None else fetcher.READ_COMMITTED
    return fetcher.PartitionRecords(
        TopicPartition("quality.metrics", 3), fetcher.MemoryRecords(data), aborted, position,
        None, None, True, isolation,
    )  # fmt: skip


def test_every_fetcher_of_this_process_reads_leniently() -> None:
    assert fetcher.PartitionRecords is LenientPartitionRecords


@pytest.mark.parametrize("codec", [0, GZIP])
def test_a_name_that_is_not_utf8_is_read_escaped(codec: int) -> None:
    data = a_batch(0, FINE, codec=codec) + a_batch(1, FINE, ODD, [], codec=codec) + a_batch(4, FINE)
    records = fetched(data)
    read = [*records]
    assert [record.offset for record in read] == [0, 1, 2, 3, 4]
    assert {(record.key, record.value) for record in read} == {(b"key", b"value" * 50)}
    assert {type(record.value) for record in read} == {bytes}
    assert [[*record.headers] for record in read] == [
        [("größe", b"1")], [("größe", b"1")], READ, [], [("größe", b"1")],
    ]  # fmt: skip
    assert records.next_fetch_offset == 5


def test_reading_begins_within_a_batch() -> None:
    data = a_batch(1, ODD, FINE, ODD) + a_batch(4, FINE)
    assert [record.offset for record in fetched(data, position=3)] == [3, 4]


def test_every_batch_of_a_response_may_need_it() -> None:
    data = b"".join(a_batch(offset, ODD) for offset in range(500))
    read = [*fetched(data)]
    assert [record.offset for record in read] == [*range(500)]
    assert all([*record.headers] == READ for record in read)


def test_what_was_aborted_is_left_out_before_and_behind_an_odd_name() -> None:
    aborted = raw_batch([(b"key", b"aborted", ODD)])
    aborted._builder._is_transactional, aborted._builder._producer_id = True, 7
    built = bytes(aborted._build())
    data = struct.pack(">q", 0) + built[8:] + a_batch(1, ODD) + struct.pack(">q", 2) + built[8:]
    assert [record.offset for record in fetched(data, aborted=[(7, 0)])] == [1]
    assert [record.offset for record in fetched(data)] == [0, 1, 2]


def test_other_batches_are_read_by_aiokafka_alone() -> None:
    records = fetched(a_batch(0, FINE) + a_batch(1, FINE))
    assert len([*records]) == 2
    assert not isinstance(records._records, LenientRecords)


def test_a_damaged_batch_is_an_error_that_names_its_place() -> None:
    damaged = bytearray(a_batch(7, FINE))
    damaged[-1] ^= 1
    records = fetched(a_batch(6, FINE) + bytes(damaged), position=6)
    assert next(records).offset == 6
    with capture_logs() as logs, pytest.raises(CorruptRecordException):
        next(records)
    assert [(e["topic"], e["partition"], e["offset"]) for e in logs] == [("quality.metrics", 3, 7)]
    assert "CRC" in logs[0]["error"]
    assert logs[0]["log_level"] == "error"


def test_damage_behind_an_odd_name_is_found() -> None:
    damaged = bytearray(a_batch(1, FINE))
    damaged[-1] ^= 1
    records = fetched(a_batch(0, ODD) + bytes(damaged))
    assert next(records).offset == 0
    with capture_logs() as logs, pytest.raises(CorruptRecordException):
        next(records)
    assert [e["offset"] for e in logs] == [1]


def test_an_unknown_codec_is_an_error_that_names_its_place() -> None:
    data = bytearray(a_batch(0, FINE))
    data[DefaultRecordBase.ATTRIBUTES_OFFSET + 1] |= 5
    records = fetched(bytes(data))
    records._check_crcs = False
    with capture_logs() as logs, pytest.raises((UnsupportedCodecError, RuntimeError, KeyError)):
        next(records)
    assert [e["offset"] for e in logs] == [0]


@pytest.mark.skipif("AIOKAFKA_NO_EXTENSIONS" in os.environ, reason="this is that run")
def test_it_is_the_same_with_the_reader_in_python() -> None:
    """Where aiokafka was built without its extensions, it reads with Python."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__],
        env=os.environ | {"AIOKAFKA_NO_EXTENSIONS": "1"}, cwd=ROOT,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert "1 skipped" in run.stdout
