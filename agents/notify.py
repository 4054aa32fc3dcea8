"""`quality.alerts` -> who is concerned -> what is due, in PostgreSQL."""

from collections.abc import AsyncIterator

import faust
import msgspec
from msgspec.json import Decoder
from psycopg_pool import AsyncConnectionPool

from agents.refuse import Refused, refuse
from pipeline.app import batches
from pipeline.record import Record
from pipeline.topics import Topics
from pipeline.transport import Batch, process
from schemas.alerts import Alert
from sinks.database import write_all
from sinks.notifications import intake, monitor
from sinks.notifications.intake import Step
from sinks.notifications.rounds import Rounds

_decode = Decoder(Alert).decode


def register(app: faust.App, topics: Topics, pool: AsyncConnectionPool, rounds: Rounds) -> None:
    """Add the agent that takes alerts in to `app`."""

    async def handle(batch: Batch) -> None:
        steps: list[Step] = []
        read: dict[int, Record] = {}
        refused: list[Refused] = []
        for record in batch.records:
            try:
                alert = _decode(record.value or b"")
            except msgspec.DecodeError as error:
                refused.append(Refused.record(batch, record, f"not an alert: {error}"))
                continue
            steps.append(Step(alert, batch.partition, record.offset))
            read[record.offset] = record
        unstorable = await write_all(pool, intake.store, steps) if steps else []
        refused += [
            Refused.record(batch, read[step.offset], f"nobody can be told of it: {reason}")
            for step, reason in unstorable
        ]
        await refuse(app.producer._ensure_producer(), topics, refused)
        monitor.STEPS.inc(len(steps) - len(unstorable))
        rounds.wake()

    async def notify(stream: AsyncIterator[Batch]) -> None:
        await process(app, stream, handle)

    app.agent(batches(app, topics.alerts), name="notify")(notify)
