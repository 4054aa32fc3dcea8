"""`quality.alerts` -> who is concerned -> what is due, in PostgreSQL."""

from collections.abc import AsyncIterator

import faust

from agents.refuse import store_alert_records
from pipeline.app import batches
from pipeline.operators.validate_alert import decode_alert
from pipeline.postgres.pool import Pool
from pipeline.record import Record
from pipeline.topics import Topics
from pipeline.transport import Batch, process
from sinks.notifications import intake, monitor
from sinks.notifications.intake import Step
from sinks.notifications.rounds import Rounds


def register(app: faust.App, topics: Topics, pool: Pool, rounds: Rounds) -> None:
    """Add the agent that takes alerts in to `app`."""

    async def handle(batch: Batch) -> None:
        def step(record: Record) -> Step:
            return Step(decode_alert(record.value), batch.partition, record.offset)

        stored = await store_alert_records(
            app,
            topics,
            pool,
            batch,
            step,
            intake.store,
            "nobody can be told of it",
            monitor.POISONED.inc,
        )
        monitor.STEPS.inc(stored)
        rounds.wake()

    async def notify(stream: AsyncIterator[Batch]) -> None:
        await process(app, stream, handle)

    app.agent(batches(app, topics.alerts), name="notify")(notify)
