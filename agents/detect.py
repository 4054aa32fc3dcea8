"""`quality.metrics` -> detect -> changes, alerts, history, dead letters -> the asset table."""

from collections.abc import AsyncIterator

import faust

from agents.outcome import publish
from pipeline.app import batches
from pipeline.operators.detect import Rules, detect
from pipeline.topics import Topics
from pipeline.transport import Batch, process
from tables.assets import AssetTable


def register(app: faust.App, topics: Topics, assets: AssetTable, rules: Rules) -> None:
    """Add the agent that detects to `app`."""

    async def handle(batch: Batch) -> None:
        async with assets.writing:
            states = assets.states(batch.partition)
            outcome = detect(batch.records, batch.topic, batch.partition, states, rules)
            producer = app.producer._ensure_producer()
            await publish(producer, topics, batch.topic, batch.partition, outcome)
            await assets.write(batch.partition, outcome.changed)

    async def detect_batches(stream: AsyncIterator[Batch]) -> None:
        await process(app, stream, handle)

    app.agent(batches(app, topics.metrics), name="detect")(detect_batches)
