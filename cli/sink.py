"""`tidemark sink`: history and alerts into PostgreSQL."""

import logging

from pipeline.log import configure_logging
from pipeline.settings import load_settings


def sink() -> None:
    """Run the sink: history and alerts from Kafka into PostgreSQL, and their retention.

    Start as many as there are partitions; they share them as one consumer group. While
    PostgreSQL is away Kafka keeps what it is owed.
    """
    from agents.sink import build_sink
    from pipeline.app import run
    from sinks.monitor import REGISTRY

    settings = load_settings()
    configure_logging(settings, "sink")
    if settings.log_level != "debug":
        # It tells every attempt to reconnect; the sink tells the first and the last.
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    run(lambda: build_sink(settings), settings, REGISTRY, "sink")
