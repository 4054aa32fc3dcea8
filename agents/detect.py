"""`quality.metrics` -> detect -> changes, alerts, history, dead letters -> the asset table."""

from collections.abc import AsyncIterator
from typing import Any

import faust
from faust.types import TP

from agents import monitor
from agents.outcome import publish
from pipeline.app import batches
from pipeline.operators.detect import Outcome, Rules, detect
from pipeline.topics import Topics
from pipeline.transport import Batch, process
from tables.assets import AssetTable

BATCHES_AT_ONCE = 4
"""Of several partitions: one is worked on while Kafka takes what came of the others."""


async def detect_batch(
    app: faust.App, topics: Topics, assets: AssetTable, rules: Rules, batch: Batch
) -> tuple[Outcome, int]:
    """Put one batch through: states read, all that comes of it in Kafka, states written.

    Returns what it came to, and the bytes of state written. Crashing anywhere in it, and
    being called again, comes to the same.
    """
    async with assets.writing[batch.partition]:
        mark = assets.mark_for(batch)
        keys = {record.key for record in batch.records if record.key is not None}
        states = assets.load(batch.partition, keys)
        outcome = detect(
            batch.records, batch.topic, batch.partition, states, rules,
            topic_id=batch.topic_id, base=mark.base,
        )  # fmt: skip
        producer = app.producer._ensure_producer()
        await publish(producer, topics, batch.topic, batch.partition, outcome)
        reached = mark.reaching(batch.end)
        return outcome, await assets.write(batch.partition, outcome.changed, reached)


def register(app: faust.App, topics: Topics, assets: AssetTable, rules: Rules) -> None:
    """Add the agent that detects to `app`."""

    async def handle(batch: Batch) -> None:
        with monitor.BATCH_SECONDS.time():
            outcome, written = await detect_batch(app, topics, assets, rules, batch)
        monitor.count_outcome(outcome)
        monitor.CHANGELOG_BYTES.inc(written)
        end = app.consumer.highwater(TP(batch.topic, batch.partition)) or batch.end
        monitor.LAG.labels(batch.partition).set(max(0, end - batch.end))

    async def detect_batches(stream: AsyncIterator[Batch]) -> None:
        await process(app, stream, handle, at_once=BATCHES_AT_ONCE)

    async def forget_lag(_app: faust.App, _revoked: set[TP], **_: Any) -> None:
        monitor.LAG.clear()

    app.on_partitions_revoked.connect(forget_lag)
    app.agent(batches(app, topics.metrics), name="detect")(detect_batches)
