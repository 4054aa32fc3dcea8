"""Retention: days of history come ahead of time and go when they are too old."""

from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from pipeline.postgres.pool import Pool
from pipeline.postgres.trouble import PostgresUnavailable
from sinks import monitor

log = structlog.get_logger(__name__)

_ENSURE: Final = "SELECT ensure_metric_history_partition(%s)"
_CLEANUP: Final = "SELECT cleanup_old_metric_history(%(hours)s, %(events)s)"
_CLEANUP_FINDINGS: Final = "SELECT cleanup_old_limit_findings(%s)"
_CLEANUP_TRENDS: Final = "SELECT cleanup_old_trends(%s)"


async def keep(pool: Pool, event_days: int, retention_days: int, trend_days: int) -> None:
    """Make tomorrow's partitions and drop what is too old.

    Events go after `event_days`, hours in figures after `retention_days`, and days in figures
    after `trend_days` or as late as the hours. What can't be done now (an outage, a long
    reader) is left to the next time.
    """
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    try:
        await pool.open(wait=False)
        async with pool.connection() as connection:
            await connection.execute(_ENSURE, (tomorrow,))
        async with pool.connection() as connection:
            days = {"hours": retention_days, "events": event_days}
            row = await (await connection.execute(_CLEANUP, days)).fetchone()
        async with pool.connection() as connection:
            await connection.execute(_CLEANUP_TRENDS, (max(trend_days, retention_days),))
            await connection.execute(_CLEANUP_FINDINGS, (retention_days,))
    except PostgresUnavailable as error:
        log.warning("old history stays for now", cause=str(error))
    else:
        if row and row[0]:
            monitor.DAYS_DROPPED.inc(row[0])
            log.info("old history is dropped", days=row[0])
