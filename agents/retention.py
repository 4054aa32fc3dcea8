"""Every so often: drop the history that is older than the retention."""

import faust

from pipeline.postgres.pool import Pool
from pipeline.settings import Settings
from sinks import retention


def register(app: faust.App, pool: Pool, settings: Settings) -> None:
    """Add the timer that keeps the retention to `app`, due at once and at every interval."""

    async def keep_retention() -> None:
        await retention.keep(
            pool, settings.event_days, settings.retention_days, settings.trend_retention_days
        )

    app.task(keep_retention)
    app.timer(settings.retention_interval_seconds, name="retention")(keep_retention)
