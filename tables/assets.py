"""The table of assets: decoded states in front of a changelog-backed store."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import faust
from faust.stores.rocksdb import Store as RocksStore
from faust.types import TP

from pipeline.operators.state import AssetState
from pipeline.produce import Outgoing, produce
from pipeline.topics import BROKERS_CLOCK, HOUR_MS
from pipeline.transport import Batch, BatchSchema
from tables import codec
from tables.local import LocalStates, MemoryStates, RocksStates

TABLE_NAME = "assets"
"""The changelog topic is named after it: renaming it abandons all state."""

CHANGELOG_CONFIG = {
    **BROKERS_CLOCK,
    # Until then recovery can tell a late writer's older state from the newer one before it.
    "min.compaction.lag.ms": str(HOUR_MS),
}
MEBIBYTE = 1 << 20
STORE_OPTIONS = {
    "write_buffer_size": 16 * MEBIBYTE,
    "block_cache_size": 64 * MEBIBYTE,
    "bloom_filter_size": 10,
}
"""RocksDB, per partition. Faust's defaults of 2 GiB of cache suit a server of its own."""
RECOVERED_AT_ONCE = 8
"""Batches of the changelog held in memory. Not 1: Faust would then go on reading what it writes."""


class PartitionSharedError(RuntimeError):
    """Two workers hold the same partition: the process ends, and the group decides anew."""


class AssetTable(faust.Table):
    """asset id -> `AssetState`, written by whole batches of one source partition.

    The changelog is written first and the local store second: a store ahead of
    its changelog would, after a crash, take a replayed event for applied and
    never write the change.
    """

    def __init__(self, app: faust.App, *, cache_assets: int, **options: Any) -> None:
        super().__init__(
            app,
            name=TABLE_NAME,
            schema=BatchSchema(),
            extra_topic_configs=CHANGELOG_CONFIG,
            options=dict(STORE_OPTIONS) if app.conf.store.scheme == "rocksdb" else None,
            # Faust counts events and holds a thousand; one of ours is a whole batch.
            recovery_buffer_size=RECOVERED_AT_ONCE,
            standby_buffer_size=1,
            **options,
        )
        self.writing: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        """By partition; held from reading states until they are written."""
        self._cache_assets = cache_assets
        self._last_written: dict[int, int] = {}
        self._hidden: defaultdict[int, set[bytes]] = defaultdict(set)
        self._local: LocalStates | None = None

    @property
    def local(self) -> LocalStates:
        """The states on this machine."""
        if self._local is None:
            rocks = isinstance(self.data, RocksStore)
            self._local = (
                RocksStates(self.data, self._cache_assets) if rocks else MemoryStates(self.data)
            )
        return self._local

    def load(self, partition: int, keys: Collection[bytes]) -> dict[str, AssetState]:
        """Return the states of the assets with these keys that have one, by asset id."""
        wanted = list(keys)
        return {
            # A key that is no UTF-8 has no state: its records are refused.
            key.decode(errors="replace"): codec.decode(raw)
            for key, raw in zip(wanted, self.local.read(partition, wanted), strict=True)
            if raw is not None
        }

    async def on_ownership_changed(self, _app: faust.App, tps: set[TP], **_: Any) -> None:
        """Forget partitions that are, or were, in other hands."""
        for tp in tps:
            self.local.forget(tp.partition)
            self._last_written.pop(tp.partition, None)

    async def write(self, partition: int, changed: dict[str, AssetState]) -> int:
        """Write `changed` to the changelog, wait for it, then to the local store.

        One record per asset, whatever number of its events the batch held. Returns
        the bytes of state written.

        Raises:
            aiokafka.errors.KafkaError: the changelog could not be written, and so
                nothing was.
            PartitionSharedError: another worker writes to the same partition.
        """
        encoded = [(name.encode(), codec.encode(state)) for name, state in changed.items()]
        await self._write(partition, encoded)
        return sum(len(value) for _, value in encoded)

    async def _write(self, partition: int, encoded: Collection[tuple[bytes, bytes]]) -> None:
        last = await produce(
            self.app.producer._ensure_producer(),
            self.changelog_topic_name,
            partition,
            (Outgoing(key, value) for key, value in encoded),
        )
        if last is None:
            return
        before = self._last_written.get(partition)
        if before is not None and last != before + len(encoded):
            raise PartitionSharedError(
                f"another worker has written to partition {partition} of the changelog: one of "
                "the two was taken for dead, and the state is read again from there"
            )
        self._last_written[partition] = last
        self.local.write(partition, encoded, last)

    def encoded(self, partition: int) -> Iterator[tuple[str, bytes]]:
        """Go over the encoded states of one partition in the local store."""
        for key, value in self.local.items(partition):
            yield key.decode(), value

    def apply_changelog_batch(self, batch: Iterable[Any]) -> None:
        """Apply events whose values are batches of changelog records.

        Of each asset what saw the most of its source is kept: a worker that was stopped
        past its session and woke up may have written an older state behind its
        successor's newer one. See `on_recovery_completed`.
        """
        for event in batch:
            changelog: Batch = event.value
            written = [(r.key, r.value) for r in changelog.records if r.key and r.value]
            keys = list({key for key, _ in written})
            held = dict(zip(keys, self.local.read(changelog.partition, keys), strict=True))
            newest: dict[bytes, bytes] = {}
            for key, value in written:
                rival = held[key]
                if rival is None or _offset(value) >= _offset(rival):
                    held[key] = newest[key] = value
                    self._hidden[changelog.partition].discard(key)
                else:
                    self._hidden[changelog.partition].add(key)
            self.local.write(changelog.partition, newest.items(), changelog.records[-1].offset)

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Write again the states behind which an older one was written.

        Compaction keeps the last record of a key, which must not be that one.
        """
        await super().on_recovery_completed(active_tps, standby_tps)
        for partition in {tp.partition for tp in active_tps}:
            keys = list(self._hidden[partition])
            held = zip(keys, self.local.read(partition, keys), strict=True)
            await self._write(partition, [(key, raw) for key, raw in held if raw is not None])
            del self._hidden[partition]


def _offset(raw: bytes) -> int:
    return codec.decode_liveness(raw).offset
