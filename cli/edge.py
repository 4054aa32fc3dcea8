"""`tidemark edge`: REST, WebSocket and the dashboard."""

import logging

from pipeline.log import configure_logging
from pipeline.settings import load_settings


def edge() -> None:
    """Run the edge: REST, WebSocket and the dashboard on TIDEMARK_HTTP_HOST:TIDEMARK_HTTP_PORT.

    Start as many as the load asks for: they share nothing but Kafka and PostgreSQL.
    Without TIDEMARK_AUTHENTICATION=on only a loopback address is served.
    """
    from api.server import run

    settings = load_settings()
    configure_logging(settings, "edge")
    if settings.log_level != "debug":
        # It tells every attempt to reconnect; the relay tells the first and the last.
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    run(settings)
