"""The table of assets: decoded states in front of a changelog-backed store."""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import faust
import rocksdict
from faust.stores.rocksdb import Store as RocksStore
from faust.types import TP

from pipeline.operators.state import AssetState
from pipeline.produce import Outgoing, produce
from pipeline.transport import Batch, BatchSchema
from tables import codec

TABLE_NAME = "assets"
"""The changelog topic is named after it: renaming it abandons all state."""

MEBIBYTE = 1 << 20
STORE_OPTIONS = {
    "write_buffer_size": 16 * MEBIBYTE,
    "block_cache_size": 64 * MEBIBYTE,
    "bloom_filter_size": 10,
}
"""RocksDB, per partition. Faust's defaults of 2 GiB of cache suit a server of its own."""


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
            options=dict(STORE_OPTIONS) if app.conf.store.scheme == "rocksdb" else None,
            **options,
        )
        self.writing: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        """By partition; held from reading states until they are written."""
        self._cache_assets = cache_assets
        self._cached: dict[int, PartitionStates] = {}

    def states(self, partition: int) -> "PartitionStates":
        """Return the states of one partition, decoded as they are asked for."""
        if partition not in self._cached:
            self._cached[partition] = PartitionStates(self, partition)
        return self._cached[partition]

    async def on_ownership_changed(self, _app: faust.App, tps: set[TP], **_: Any) -> None:
        """Drop the decoded states of partitions that are, or were, in other hands."""
        for tp in tps:
            self._cached.pop(tp.partition, None)

    async def write(self, partition: int, changed: dict[str, AssetState]) -> int:
        """Write `changed` to the changelog, wait for it, then to the local store.

        One record per asset, whatever number of its events the batch held. Returns
        the bytes of state written.

        Raises:
            aiokafka.errors.KafkaError: the changelog could not be written; the
                decoded states are then ahead of it and must be forgotten.
        """
        encoded = [(name.encode(), codec.encode(state)) for name, state in changed.items()]
        offset = await produce(
            self.app.producer._ensure_producer(),
            self.changelog_topic_name,
            partition,
            (Outgoing(key, value) for key, value in encoded),
        )
        if offset is not None:
            self._apply_locally(partition, encoded, offset)
            self.states(partition).trim(self._cache_assets)
        return sum(len(value) for _, value in encoded)

    def read(self, partition: int, key: bytes) -> bytes | None:
        """Return the encoded state of one asset from the local store."""
        if isinstance(self.data, RocksStore):
            found: bytes | None = self.data._db_for_partition(partition).get(key)
            return found
        stored: bytes | None = self.data.data.get(key)
        return stored

    def encoded(self, partition: int) -> Iterator[tuple[str, bytes]]:
        """Go over the encoded states of one partition in the local store."""
        if isinstance(self.data, RocksStore):
            for key, value in self.data._visible_items(self.data._db_for_partition(partition)):
                yield key.decode(), value
            return
        for key, home in list(self.data._key_partition.items()):
            if home == partition:
                yield key.decode(), self.data.data[key]

    def apply_changelog_batch(self, batch: Iterable[Any]) -> None:
        """Apply events whose values are batches of changelog records.

        Of each asset what saw the most of its source is kept: a worker that was stopped
        past its session and woke up may have written an older state behind its
        successor's newer one.
        """
        for event in batch:
            changelog: Batch = event.value
            newest: dict[bytes, bytes] = {}
            for record in changelog.records:
                key, value = record.key, record.value
                if key is None or value is None:
                    continue  # not ours
                rival = newest.get(key) or self.read(changelog.partition, key)
                if rival is None or _offset(value) >= _offset(rival):
                    newest[key] = value
            last = changelog.next_offset - 1
            self._apply_locally(changelog.partition, newest.items(), last)

    def _apply_locally(
        self, partition: int, encoded: Collection[tuple[bytes, bytes]], offset: int
    ) -> None:
        if isinstance(self.data, RocksStore):
            batch = rocksdict.WriteBatch(raw_mode=True)
            for key, value in encoded:
                batch.put(key, value)
            batch.put(self.data.offset_key, str(offset).encode())
            self.data._db_for_partition(partition).write(batch)
            return
        self.data.data.update(encoded)
        self.data._key_partition.update((key, partition) for key, _ in encoded)


class PartitionStates:
    """The decoded states of one partition: what was used of late, the rest on demand."""

    def __init__(self, table: AssetTable, partition: int) -> None:
        self._table = table
        self._partition = partition
        self._states: OrderedDict[str, AssetState] = OrderedDict()

    def get(self, asset_id: str) -> AssetState | None:
        """Return the state of an asset, None if it was never seen."""
        state = self._states.get(asset_id)
        if state is None:
            raw = self._table.read(self._partition, asset_id.encode())
            if raw is None:
                return None
            state = self._states[asset_id] = codec.decode(raw)
        return state

    def __setitem__(self, asset_id: str, state: AssetState) -> None:
        self._states[asset_id] = state

    def trim(self, most: int) -> None:
        """Let go of the oldest; called between batches, when all are written."""
        while len(self._states) > most:
            self._states.popitem(last=False)


def _offset(raw: bytes) -> int:
    return codec.decode_liveness(raw).offset
