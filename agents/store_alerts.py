"""`quality.alerts` -> PostgreSQL: the steps the stream takes."""

from collections.abc import AsyncIterator

import faust
import msgspec
from psycopg_pool import AsyncConnectionPool

from agents.refuse import Refused, refuse
from pipeline.app import batches
from pipeline.record import Record
from pipeline.topics import Topics
from pipeline.transport import Batch, process
from schemas.alerts import Alert
from sinks import alerts, monitor
from sinks.database import write_all


def register(app: faust.App, topics: Topics, pool: AsyncConnectionPool) -> None:
    """Add the agent that stores alerts to `app`."""

    async def handle(batch: Batch) -> None:
        read: dict[int, Record] = {}
        steps: list[Alert] = []
        refused: list[Refused] = []
        for record in batch.records:
            try:
                step = alerts.step(record.value)
            except msgspec.DecodeError as error:
                refused.append(Refused.record(batch, record, f"not an alert: {error}"))
                continue
            if step is not None:
                steps.append(step)
                read[id(step)] = record
        with monitor.WRITE_SECONDS.labels("alerts").time():
            unstorable = await write_all(pool, alerts.store, steps) if steps else []
        refused += [
            Refused.record(batch, read[id(step)], f"PostgreSQL refuses it: {reason}")
            for step, reason in unstorable
        ]
        await refuse(app.producer._ensure_producer(), topics, refused)
        monitor.STORED.labels("alerts").inc(len(steps) - len(unstorable))

    async def store_alerts(stream: AsyncIterator[Batch]) -> None:
        await process(app, stream, handle)

    app.agent(batches(app, topics.alerts), name="store_alerts")(store_alerts)
