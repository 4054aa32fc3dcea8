"""Records whose header names are any bytes, as producers in other languages can write them."""

from collections.abc import Iterable
from typing import Any

from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

GZIP = 1
Headers = list[tuple[bytes, bytes]]


class _RawName(str):
    """A header's name that is written as the bytes it was made of."""

    __slots__ = ("raw",)

    def __new__(cls, raw: bytes) -> "_RawName":
        made = super().__new__(cls, repr(raw))
        made.raw = raw
        return made

    raw: bytes

    def encode(self, *_: Any) -> bytes:
        return self.raw


def raw_batch(
    records: Iterable[tuple[bytes | None, bytes | None, Headers]], codec: int = 0
) -> BatchBuilder:
    """Return a batch of records (key, value, headers) for `AIOKafkaProducer.send_batch`."""
    batch = BatchBuilder(1 << 20, codec)
    # The builder in C takes only names that are text.
    batch._builder = _DefaultRecordBatchBuilderPy(2, codec, 0, -1, -1, 0, 1 << 20)
    for key, value, headers in records:
        named = [(_RawName(name), content) for name, content in headers]
        assert batch.append(key=key, value=value, timestamp=1700, headers=named) is not None
    batch.close()
    return batch
