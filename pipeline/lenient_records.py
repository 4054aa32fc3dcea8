r"""Reading of fetched records that survives header names which are not UTF-8.

Kafka does not check the names of headers, so any producer can write such a name. aiokafka then
raises at every attempt to read the batch, so nothing behind that record is ever read. Here the
name's invalid bytes are escaped as `\xNN`. A batch is read this way only after aiokafka has failed
on one of the same response, so all others cost nothing more.

What cannot be read at all, such as a batch that was damaged on disk, still raises: to skip it would
lose its records silently. Its place is logged.
"""

import struct
from typing import Any

import structlog
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords, _MemoryRecordsPy

log = structlog.get_logger(__name__)

FIRST_MAGIC_WITH_HEADERS = 2


def read_leniently() -> None:
    """Have every consumer of this process read header names that are not UTF-8."""
    fetcher.MemoryRecords = KeptRecords
    fetcher.PartitionRecords = LenientPartitionRecords


class KeptRecords(MemoryRecords):  # type: ignore[misc]
    """The batches of one partition in a response, and the bytes they are read from."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.data = data


class LenientPartitionRecords(fetcher.PartitionRecords):  # type: ignore[misc]
    """Records of one partition, read leniently from the first batch that needs it."""

    _records: Any
    _records_iterator: Any

    def __next__(self) -> Any:
        """Return the next record.

        Raises:
            Exception: the batch cannot be read; its place is logged.
        """
        try:
            return next(self._records_iterator)
        except StopIteration:
            self._records_iterator = None
            raise
        except Exception as error:
            if not (_is_undecodable(error) and isinstance(self._records, KeptRecords)):
                log.error(
                    "a batch cannot be read, so nothing behind it is read either: restore the "
                    "partition from a replica, or move the consumer's offset past the batch",
                    topic=self._tp.topic,
                    partition=self._tp.partition,
                    offset=self.next_fetch_offset,
                    error=repr(error),
                )
                raise
        self._records = LenientRecords(_from(self._records.data, self.next_fetch_offset))
        self._records_iterator = self._unpack_records()
        return next(self)


class LenientRecords(_MemoryRecordsPy):  # type: ignore[misc]
    """Batches whose header names may be any bytes."""

    def next_batch(self) -> Any:
        """Return the next batch, None behind the last."""
        part = self._next_slice
        if part is None or part[self.MAGIC_OFFSET] < FIRST_MAGIC_WITH_HEADERS:
            return super().next_batch()
        self._cache_next()
        return LenientBatch(part)


class LenientBatch(_DefaultRecordBatchPy):  # type: ignore[misc]
    """A batch whose header names may be any bytes."""

    _buffer: bytearray

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer = _Escaping(self._buffer)


class _Escaping(bytearray):
    r"""Bytes of which each slice is decoded without failing; what is not UTF-8 as `\xNN`."""

    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        return _Escaping(found) if isinstance(found, bytearray) else found

    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        return super().decode(encoding, errors)


def _is_undecodable(error: Exception) -> bool:
    """Whether it is about text: aiokafka's reader in Python wraps what the one in C raises."""
    return isinstance(error, UnicodeDecodeError) or isinstance(error.__cause__, UnicodeDecodeError)


def _from(data: bytes, position: int) -> bytes:
    """Return the batches from the one that holds `position`."""
    start, batches = 0, MemoryRecords(data)
    while batches.has_next() and batches.next_batch().next_offset <= position:
        (length,) = struct.unpack_from(">i", data, start + _MemoryRecordsPy.LENGTH_OFFSET)
        start += _MemoryRecordsPy.LOG_OVERHEAD + length
    return data[start:]
