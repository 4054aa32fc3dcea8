"""`quality.history` -> PostgreSQL: history, current values, dimensions, daily figures."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import faust
import msgspec
import structlog

from agents.refuse import Refused, refuse
from pipeline.app import batches
from pipeline.postgres.pool import Pool
from pipeline.quarantine import last_line
from pipeline.record import Record
from pipeline.settings import Settings, thresholds_by_asset
from pipeline.topics import Topics
from pipeline.transport import Batch, process
from schemas.metrics import MetricType
from sinks import history, monitor
from sinks.database import write_all
from sinks.history import Measurement

log = structlog.get_logger(__name__)

BATCHES_AT_ONCE: Final = 2
"""One is made ready while PostgreSQL has another, of another partition."""


def register(app: faust.App, topics: Topics, pool: Pool, settings: Settings) -> None:
    """Add the agent that stores measurements to `app`."""
    thresholds = thresholds_by_asset(settings)

    def weigh(asset_id: str, dimension: str) -> float:
        return thresholds(asset_id).scoring.weight_of(MetricType(dimension))

    store = partial(history.store, weigh=weigh, limited=thresholds.learns_limits)

    async def handle(batch: Batch) -> None:
        given, refused = _read(batch)
        horizon = datetime.now(UTC).date() - timedelta(days=settings.event_days)
        kept = [one for one in given if one.timestamp.date() > horizon]
        with monitor.WRITE_SECONDS.labels("history").time():
            unstorable = await write_all(pool, store, kept, monitor.POISONED.inc)
        refused += [_letter(one, reason) for one, reason in unstorable]
        await refuse(app.producer._ensure_producer(), topics, refused)
        monitor.STORED.labels("history").inc(len(kept) - len(unstorable))
        monitor.EXPIRED.inc(len(given) - len(kept))

    async def store_history(stream: AsyncIterator[Batch]) -> None:
        await process(app, stream, handle, at_once=BATCHES_AT_ONCE)

    app.agent(batches(app, topics.history), name="store_history")(store_history)


def _read(batch: Batch) -> tuple[list[Measurement], list[Refused]]:
    found: list[Measurement] = []
    refused: list[Refused] = []
    for record in batch.records:
        try:
            found += history.measurements(record.value or b"", _arrival(record))
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            refused.append(Refused.record(batch, record, f"not a record of the worker: {error}"))
        except Exception as error:
            log.exception("a record can't be read", offset=record.offset, **_place(batch))
            monitor.POISONED.inc()
            refused.append(Refused.record(batch, record, last_line(error)))
    return found, refused


def _place(batch: Batch) -> dict[str, Any]:
    return {"topic": batch.topic, "partition": batch.partition}


def _arrival(record: Record) -> datetime:
    return datetime.fromtimestamp(record.timestamp / 1000, UTC)


def _letter(one: Measurement, reason: str) -> Refused:
    return Refused(
        topic=one.topic,
        partition=one.partition,
        offset=one.offset,
        timestamp=int(one.applied_at.timestamp() * 1000),
        key=one.event.asset_id.encode(),
        value=one.raw,
        reason=f"applied, but PostgreSQL refuses it: {reason}",
    )
