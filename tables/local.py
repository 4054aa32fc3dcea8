"""Encoded states on this machine, by source partition: RocksDB, or memory for tests.

Both are a copy of the changelog, kept with the offset up to which they hold it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Any, Final, Protocol

import rocksdict
from faust.stores.memory import Store as MemoryStore
from faust.stores.rocksdb import Store as RocksStore

Encoded = Collection[tuple[bytes, bytes]]
"""(asset key, encoded state)"""


class LocalStates(Protocol):
    """What the asset table needs of a store."""

    def read(self, partition: int, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return the encoded state of each key, None where there is none."""

    def write(self, partition: int, encoded: Encoded, offset: int) -> None:
        """Take in states; with them the changelog is held up to `offset`."""

    def items(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        """Go over all states of a partition."""

    def forget(self, partition: int) -> None:
        """Drop what is kept in memory of a partition that may change hands."""


class RocksStates:
    """States in RocksDB, the most recently written ones also in memory.

    Nothing is written to RocksDB's own log: after a crash what its memory tables held,
    and with them the offset, is missing, and comes back from the changelog.
    """

    _UNLOGGED: Final = rocksdict.WriteOptions()
    _UNLOGGED.disable_wal = True

    def __init__(self, store: RocksStore, recent: int) -> None:
        self._store = store
        self._most = recent
        self._recent: defaultdict[int, dict[bytes, bytes]] = defaultdict(dict)

    def read(self, partition: int, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return the encoded state of each key, None where there is none."""
        found = list(map(self._recent[partition].get, keys))
        missing = [index for index, raw in enumerate(found) if raw is None]
        if missing:
            stored = self._database(partition).get([keys[index] for index in missing])
            for index, raw in zip(missing, stored, strict=True):
                found[index] = raw
        return found

    def write(self, partition: int, encoded: Encoded, offset: int) -> None:
        """Take in states; with them the changelog is held up to `offset`."""
        batch, recent = rocksdict.WriteBatch(raw_mode=True), self._recent[partition]
        for key, value in encoded:
            batch.put(key, value)
            recent.pop(key, None)  # so that the order is that of writing
            recent[key] = value
        batch.put(self._store.offset_key, str(offset).encode())
        self._database(partition).write(batch, self._UNLOGGED)
        excess = sum(map(len, self._recent.values())) - self._most
        for key in list(islice(recent, max(0, excess))):
            del recent[key]

    def items(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        """Go over all states of a partition."""
        items: Iterator[tuple[bytes, bytes]] = self._store._visible_items(self._database(partition))
        return items

    def forget(self, partition: int) -> None:
        """Drop what is kept in memory of a partition that may change hands."""
        self._recent.pop(partition, None)

    def _database(self, partition: int) -> Any:
        return self._store._db_for_partition(partition)


class MemoryStates:
    """States in a dict, gone when the process ends."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def read(self, partition: int, keys: Sequence[bytes]) -> list[bytes | None]:  # noqa: ARG002
        """Return the encoded state of each key, None where there is none."""
        return [self._store.data.get(key) for key in keys]

    def write(self, partition: int, encoded: Encoded, offset: int) -> None:  # noqa: ARG002
        """Take in states."""
        self._store.data.update(encoded)
        self._store._key_partition.update((key, partition) for key, _ in encoded)

    def items(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        """Go over all states of a partition."""
        for key, home in list(self._store._key_partition.items()):
            if home == partition:
                yield key, self._store.data[key]

    def forget(self, partition: int) -> None:
        """Nothing is kept beside the store."""
