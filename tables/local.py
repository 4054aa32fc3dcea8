"""Encoded states on this machine, by source partition: RocksDB, or memory for tests.

Both are a copy of the changelog, kept with the offset up to which they hold it.
"""

import shutil
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol

import rocksdict
from faust.stores.memory import Store as MemoryStore
from faust.stores.rocksdb import Store as RocksStore

from tables.mark import RESERVED

_CHANGELOG: Final = RESERVED + b"changelog"
Encoded = Collection[tuple[bytes, bytes]]
"""(asset key, encoded state)"""
Items = Iterator[tuple[bytes, bytes]]


class LocalStates(Protocol):
    """What the asset table needs of a store."""

    def read(self, partition: int, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return the encoded state of each key, None where there is none."""

    def write(self, partition: int, encoded: Encoded, offset: int) -> None:
        """Take in states; with them the changelog is held up to `offset`."""

    def items(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        """Go over all states of a partition."""

    def changelog_id(self, partition: int) -> str | None:
        """Return the id of the topic that the states of a partition are a copy of."""

    def name_changelog(self, partition: int, topic_id: str) -> None:
        """Note the id of the topic that the states of a partition are a copy of."""

    def set_aside(self, partition: int) -> None:
        """Begin an empty copy of a partition; what was held is kept until it is adopted."""

    def aside(self, partition: int) -> Iterator[Items]:
        """Go over what was set aside, each time's in the order of keys, marks included."""

    def drop_aside(self, partition: int) -> None:
        """Delete what was set aside."""

    def flush(self) -> None:
        """Have everything on the disk."""

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
        for key, value in self._store._visible_items(self._database(partition)):
            if not key.startswith(RESERVED):
                yield key, value

    def changelog_id(self, partition: int) -> str | None:
        """Return the id of the topic that the states of a partition are a copy of."""
        raw = self._database(partition).get(_CHANGELOG)
        return raw.decode() if raw else None

    def name_changelog(self, partition: int, topic_id: str) -> None:
        """Note the id of the topic that the states of a partition are a copy of."""
        self._database(partition).put(_CHANGELOG, topic_id.encode())

    def set_aside(self, partition: int) -> None:
        """Begin an empty copy of a partition; what was held is kept until it is adopted."""
        self.forget(partition)
        self._database(partition).close()
        self._store._dbs.pop(partition)
        path, number = self._store.partition_path(partition), len(self._asides(partition))
        path.rename(path.with_name(f"{path.name}.aside-{number}"))

    def aside(self, partition: int) -> Iterator[Items]:
        """Go over what was set aside, each time's in the order of keys, marks included."""
        for path in self._asides(partition):
            database = self._store.rocksdb_options.open(path)
            try:
                items = self._store._visible_items(database)
                yield ((key, value) for key, value in items if key != _CHANGELOG)
            finally:
                database.close()

    def drop_aside(self, partition: int) -> None:
        """Delete what was set aside."""
        for path in self._asides(partition):
            shutil.rmtree(path)

    def flush(self) -> None:
        """Have everything on the disk."""
        for database in self._store._dbs.values():
            database.flush()

    def _asides(self, partition: int) -> list[Path]:
        path = self._store.partition_path(partition)
        return sorted(path.parent.glob(f"{path.name}.aside-*"))

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
            if home == partition and not key.startswith(RESERVED):
                yield key, self._store.data[key]

    def changelog_id(self, partition: int) -> None:
        """Return none: these are read anew from whatever changelog there is."""

    def name_changelog(self, partition: int, topic_id: str) -> None:
        """Nothing outlives the process."""

    def set_aside(self, partition: int) -> None:
        """Nothing is held before the changelog is read."""

    def aside(self, partition: int) -> Iterator[Items]:  # noqa: ARG002
        """Nothing was set aside."""
        return iter(())

    def drop_aside(self, partition: int) -> None:
        """Nothing was set aside."""

    def flush(self) -> None:
        """There is no disk."""

    def forget(self, partition: int) -> None:
        """Nothing is kept beside the store."""
