"""The sink app: its agents and its connections to PostgreSQL."""

from typing import Any

import faust

from agents import retention, store_alerts, store_history
from pipeline.app import create_app
from pipeline.settings import Settings
from pipeline.topics import Topics
from sinks.database import create_pool


def build_sink(settings: Settings) -> faust.App:
    """Return the Faust app that `tidemark sink` runs."""
    topics, pool = Topics(settings.topic_prefix), create_pool(settings)
    app = create_app(settings, settings.sink_group, (topics.history, topics.alerts))
    store_history.register(app, topics, pool, settings)
    store_alerts.register(app, topics, pool)
    retention.register(app, pool, settings)

    async def close(_app: faust.App, **_: Any) -> None:
        await pool.close(timeout=1.0)

    app.on_before_shutdown.connect(close, weak=False)
    return app
