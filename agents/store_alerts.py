"""`quality.alerts` -> PostgreSQL: the steps the stream takes."""

from collections.abc import AsyncIterator

import faust

from agents.refuse import store_alert_records
from pipeline.app import batches
from pipeline.postgres.pool import Pool
from pipeline.topics import Topics
from pipeline.transport import Batch, process
from sinks import alerts, monitor


def register(app: faust.App, topics: Topics, pool: Pool) -> None:
    """Add the agent that stores alerts to `app`."""

    async def handle(batch: Batch) -> None:
        with monitor.WRITE_SECONDS.labels("alerts").time():
            stored = await store_alert_records(
                app, topics, pool, batch,
                lambda record: alerts.step(record.value), alerts.store, "PostgreSQL refuses it",
                monitor.POISONED.inc,
            )  # fmt: skip
        monitor.STORED.labels("alerts").inc(stored)

    async def store_alerts(stream: AsyncIterator[Batch]) -> None:
        await process(app, stream, handle)

    app.agent(batches(app, topics.alerts), name="store_alerts")(store_alerts)
