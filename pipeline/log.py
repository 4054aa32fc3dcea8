"""Structured logs: one event a line, JSON unless a person is watching."""

import logging
import logging.config
import sys
from typing import Final

import structlog
from structlog.typing import Processor

from pipeline.repeats import RepeatFilter
from pipeline.settings import Settings

KAFKA_LIBRARIES: Final = ("faust", "mode", "aiokafka", "kafka")
REPEAT_SECONDS: Final = 10.0
"""From one line of a Kafka library to the next of its kind."""


def configure_logging(settings: Settings, process: str) -> None:
    """Send structlog's and the standard library's records through one formatter.

    `process` (worker, sink, edge ...) is bound to every line.
    """
    as_json = settings.log_format == "json" or (
        settings.log_format == "auto" and not sys.stderr.isatty()
    )
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if as_json
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    # Faust and aiokafka tell every heartbeat and rebalance at info, Faust's services
    # that they start and stop, in the name of the module that subclasses them; and every
    # attempt to reach a Kafka that is away, ten times a second.
    if settings.log_level != "debug":
        handler.addFilter(RepeatFilter(KAFKA_LIBRARIES, REPEAT_SECONDS))
        for chatty in (*KAFKA_LIBRARIES, "pipeline.transport", "tables.assets"):
            logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
