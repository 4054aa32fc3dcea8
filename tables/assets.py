"""The table of assets: decoded states in front of a changelog-backed store."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import faust
import structlog
from aiokafka.errors import UnknownTopicOrPartitionError
from faust.stores.rocksdb import Store as RocksStore
from faust.types import TP

from pipeline.operators.state import AssetState
from pipeline.positions import Extent, Start, is_recreated
from pipeline.produce import Outgoing, produce
from pipeline.topics import BROKERS_CLOCK, HOUR_MS
from pipeline.transport import Batch, BatchSchema
from tables import codec, mark
from tables.adoption import position_of, worth_adopting
from tables.local import Encoded, LocalStates, MemoryStates, RocksStates
from tables.mark import Mark, Placed, mark_key

log = structlog.get_logger(__name__)

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

ADOPTED_AT_ONCE = 1000
"""States written to a new changelog between two waits for Kafka."""


class PartitionSharedError(RuntimeError):
    """Two workers hold the same partition: the process ends, and the group decides anew."""


class ChangelogLostError(RuntimeError):
    """The changelog is gone: the process ends, and fills a new one when it starts again."""


class EventsSkippedError(RuntimeError):
    """A batch does not follow what the state has seen: the process ends, and reads it again."""


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
        self._marks: dict[int, Mark] = {}
        self.changelog_id: str | None = None
        """Kafka's id of the changelog that is written."""
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
        found: dict[str, AssetState] = {}
        for key, raw in zip(wanted, self.local.read(partition, wanted), strict=True):
            if raw is not None:
                try:
                    # A key that is no UTF-8 has no state: its records are refused.
                    found[key.decode(errors="replace")] = codec.decode(raw)
                except codec.CorruptStateError as error:
                    log.error(
                        "a state can't be read: its asset begins anew", key=key,
                        partition=partition, error=str(error),
                    )  # fmt: skip
        return found

    async def on_ownership_changed(self, _app: faust.App, tps: set[TP], **_: Any) -> None:
        """Forget partitions that are, or were, in other hands."""
        for tp in tps:
            self.local.forget(tp.partition)
            self._last_written.pop(tp.partition, None)
            self._marks.pop(tp.partition, None)

    def place(self, partition: int, start: Start) -> Placed:
        """Decide where to go on reading the source partition, and note it."""
        raw = self.local.read(partition, [mark_key(partition)])[0]
        known = self._marks.get(partition) or (mark.decode(raw) if raw else None)
        # Looked for only where it is needed: it takes a while.
        lost = known is not None and known.next_offset > start.extent.end
        applied = -1
        if known is not None and (lost or is_recreated(known.topic_id, start.extent.topic_id)):
            states = self.local.items(partition)
            applied = max((position_of(value) for _, value in states), default=-1)
        placed = mark.place(known, start, applied)
        self._marks[partition] = placed.mark
        return placed

    def mark_for(self, batch: Batch) -> Mark:
        """Return how far the source partition is applied, before `batch` is.

        Raises:
            EventsSkippedError: events before the batch were not applied.
        """
        found = self._marks.get(batch.partition) or Mark.before(batch.start, 0, batch.topic_id)
        if batch.start > found.next_offset:
            raise EventsSkippedError(
                f"{batch.topic}-{batch.partition}: the state has seen the events before offset "
                f"{found.next_offset}, the next batch begins at {batch.start}; those in between "
                "are read again from the committed offset"
            )
        return found

    @staticmethod
    def encode(changed: Mapping[str, AssetState]) -> Encoded:
        """Return states as `write` takes them, one for each asset."""
        return [(name.encode(), codec.encode(state)) for name, state in changed.items()]

    async def write(self, partition: int, states: Encoded, reached: Mark | None = None) -> int:
        """Write states to the changelog, wait for it, then to the local store.

        After them goes how far the partition is applied. Returns the bytes written.

        Raises:
            aiokafka.errors.KafkaError: the changelog could not be written, and so
                nothing was.
            PartitionSharedError: another worker writes to the same partition.
        """
        encoded = list(states)
        if reached is not None:
            encoded.append((mark_key(partition), mark.encode(reached)))
        await self._write(partition, encoded)
        if reached is not None:
            self._marks[partition] = reached
        return sum(len(value) for _, value in encoded)

    async def _write(self, partition: int, encoded: Encoded) -> None:
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
            yield key.decode(errors="replace"), value

    def apply_changelog_batch(self, batch: Iterable[Any]) -> None:
        """Apply events whose values are batches of changelog records.

        Of each asset what saw the most of its source is kept: a worker that was stopped
        past its session and woke up may have written an older state behind its
        successor's newer one. See `on_recovery_completed`.
        """
        for event in batch:
            changelog: Batch = event.value
            written = list(_states(changelog))
            keys = list({key for key, _, _ in written})
            held = dict(zip(keys, self.local.read(changelog.partition, keys), strict=True))
            newest: dict[bytes, bytes] = {}
            for key, value, offset in written:
                rival = held[key]
                if rival is None or offset >= position_of(rival):
                    held[key] = newest[key] = value
                    self._hidden[changelog.partition].discard(key)
                else:
                    self._hidden[changelog.partition].add(key)
            self.local.write(changelog.partition, newest.items(), changelog.records[-1].offset)

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """See that what is held here is a copy of the changelog that there is."""
        await super().on_rebalance(assigned, revoked, newly_assigned, generation_id)
        await self._part_from_lost_changelogs(assigned)

    async def _part_from_lost_changelogs(self, assigned: set[TP]) -> None:
        """Set aside what was copied from a changelog that is gone, or has lost records.

        Faust would not read another one into it. It is written to the new one once that is
        read, so that baselines outlive the loss of the topic, and of all that Kafka held.
        """
        mine = {tp for tp in assigned if tp.topic == self.changelog_topic_name}
        try:
            extents: dict[TP, Extent] = await self.app.consumer.extents(mine) if mine else {}
        except UnknownTopicOrPartitionError:
            raise self.lost() from None
        for tp, extent in extents.items():
            self.changelog_id = extent.topic_id
            held, known = self.persisted_offset(tp), self.local.changelog_id(tp.partition)
            if held is not None and (held >= extent.end or is_recreated(known, extent.topic_id)):
                log.error(
                    "the changelog was created again or has lost records: it is filled from the "
                    "copy of the state on this machine",
                    topic=tp.topic,
                    partition=tp.partition,
                    held=held,
                    end=extent.end,
                )
                self.local.set_aside(tp.partition)
                self._last_written.pop(tp.partition, None)
                self.app.tables.recovery.revoke(tp)
                known = None
            if extent.topic_id is not None and known != extent.topic_id:
                self.local.name_changelog(tp.partition, extent.topic_id)

    def lost(self) -> "ChangelogLostError":
        """Have everything on the disk, for it is all there is; return the error to end with."""
        self.local.flush()
        return ChangelogLostError(
            f"the changelog topic {self.changelog_topic_name} was deleted while this worker ran: "
            "the worker ends, and fills a new one from its own copy of the state when it is "
            "started again"
        )

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Complete the changelog of each partition that is now ours to write."""
        await super().on_recovery_completed(active_tps, standby_tps)
        try:
            for partition in {tp.partition for tp in active_tps}:
                async with self.writing[partition]:
                    await self._write_hidden(partition)
                    await self._adopt(partition)
        except Exception as error:  # nobody else looks at it
            await self.app.crash(error)
            raise

    async def _write_hidden(self, partition: int) -> None:
        """Write again the states behind which an older one was written.

        Compaction keeps the last record of a key, which must not be that one.
        """
        keys = list(self._hidden[partition])
        held = zip(keys, self.local.read(partition, keys), strict=True)
        await self._write(partition, [(key, raw) for key, raw in held if raw is not None])
        del self._hidden[partition]

    async def _adopt(self, partition: int) -> None:
        """Write what was set aside, as far as the changelog has nothing newer."""
        for items in self.local.aside(partition):
            adopted, count = worth_adopting(self.local, partition, items), 0
            while chunk := list(islice(adopted, ADOPTED_AT_ONCE)):
                await self._write(partition, chunk)
                count += len(chunk)
            log.warning("the changelog was filled", partition=partition, records=count)
        self.local.drop_aside(partition)


def _states(changelog: Batch) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield key, state and its offset of each record; whatever else lies there is passed over."""
    for record in changelog.records:
        if not record.key or not record.value:
            continue
        try:
            yield record.key, record.value, codec.decode_liveness(record.value).offset
        except codec.CorruptStateError as error:
            log.error(
                "the changelog holds what is no state: it is passed over", key=record.key,
                partition=changelog.partition, offset=record.offset, error=str(error),
            )  # fmt: skip
