"""`quality.metrics` -> detect -> changes, alerts, history, dead letters -> the asset table."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import faust
import structlog
from faust.types import TP

from agents import monitor
from agents.outcome import publish, records_of
from pipeline.app import batches
from pipeline.operators.detect import Outcome, Rules, detect
from pipeline.quarantine import isolate, last_line
from pipeline.record import Record
from pipeline.topics import Topics
from pipeline.transport import Batch, process
from tables.assets import AssetTable
from tables.codec import UnknownStateVersionError

log = structlog.get_logger(__name__)

BATCHES_AT_ONCE = 4
"""Of several partitions: one is worked on while Kafka takes what came of the others."""


class Unprocessable(Exception):
    """The stage can't make anything of a batch, and nothing of it was written; see the cause."""


async def detect_batch(
    app: faust.App, topics: Topics, assets: AssetTable, rules: Rules, batch: Batch
) -> tuple[Outcome, int]:
    """Put one batch through: states read, all that comes of it in Kafka, states written.

    Returns what it came to, and the bytes of state written. Crashing anywhere in it, and
    being called again, comes to the same.

    Raises:
        Unprocessable: it failed before anything was written.
    """
    async with assets.writing[batch.partition]:
        mark = assets.mark_for(batch)
        try:
            outcome = _judge(assets, rules, batch, mark.base)
            written = records_of(topics, batch.topic, batch.partition, outcome)
            encoded = assets.encode(outcome.changed)
        except (UnknownStateVersionError, MemoryError):
            raise
        except Exception as error:
            raise Unprocessable from error
        await publish(app.producer._ensure_producer(), topics, batch.partition, written)
        reached = mark.reaching(batch.end)
        return outcome, await assets.write(batch.partition, encoded, reached)


def _judge(assets: AssetTable, rules: Rules, batch: Batch, base: int) -> Outcome:
    keys = {record.key for record in batch.records if record.key is not None}
    states = assets.load(batch.partition, keys)
    return detect(
        batch.records, batch.topic, batch.partition, states, rules,
        topic_id=batch.topic_id, base=base,
    )  # fmt: skip


async def work_through(
    app: faust.App, topics: Topics, assets: AssetTable, rules: Rules, batch: Batch
) -> None:
    """Put a batch through; records that nothing can be made of go to the dead letters."""
    reached = batch.start

    def part(records: Sequence[Record], end: int) -> Batch:
        """Return a part of the batch that begins where the last one that was worked on ends."""
        found = Batch(batch.topic, batch.partition, list(records), reached, end)
        found.topic_id = batch.topic_id
        return found

    async def take(records: Sequence[Record]) -> None:
        nonlocal reached
        end = batch.end if records[-1] is batch.records[-1] else records[-1].offset + 1
        outcome, written = await detect_batch(app, topics, assets, rules, part(records, end))
        reached = end
        monitor.count_outcome(outcome)
        monitor.CHANGELOG_BYTES.inc(written)

    if not batch.records:
        await detect_batch(app, topics, assets, rules, batch)
        return
    culprits = await isolate(batch.records, take, _is_unprocessable)
    if culprits:
        await set_aside(app, topics, assets, part([], batch.end), culprits)


async def set_aside(
    app: faust.App,
    topics: Topics,
    assets: AssetTable,
    rest: Batch,
    culprits: Sequence[tuple[Record, Exception]],
) -> None:
    """Write records that nothing can be made of to the dead letters, and go past them.

    `rest` is what of their batch has not been gone past.
    """
    outcome = Outcome()
    for record, error in culprits:
        cause = error.__cause__ or error
        log.error(
            "an event can't be processed, see the dead letters", topic=rest.topic,
            partition=rest.partition, offset=record.offset, exc_info=cause,
        )  # fmt: skip
        outcome.rejected.append((record, last_line(cause)))
    written = records_of(topics, rest.topic, rest.partition, outcome)
    async with assets.writing[rest.partition]:
        mark = assets.mark_for(rest)
        await publish(app.producer._ensure_producer(), topics, rest.partition, written)
        await assets.write(rest.partition, [], mark.reaching(rest.end))
    monitor.POISONED.inc(len(culprits))
    monitor.count_outcome(outcome)


def _is_unprocessable(error: Exception) -> bool:
    return isinstance(error, Unprocessable)


def register(app: faust.App, topics: Topics, assets: AssetTable, rules: Rules) -> None:
    """Add the agent that detects to `app`."""

    async def handle(batch: Batch) -> None:
        with monitor.BATCH_SECONDS.time():
            await work_through(app, topics, assets, rules, batch)
        end = app.consumer.highwater(TP(batch.topic, batch.partition)) or batch.end
        monitor.LAG.labels(batch.partition).set(max(0, end - batch.end))

    async def detect_batches(stream: AsyncIterator[Batch]) -> None:
        await process(app, stream, handle, at_once=BATCHES_AT_ONCE)

    async def forget_lag(_app: faust.App, _revoked: set[TP], **_: Any) -> None:
        monitor.LAG.clear()

    app.on_partitions_revoked.connect(forget_lag)
    app.agent(batches(app, topics.metrics), name="detect")(detect_batches)
