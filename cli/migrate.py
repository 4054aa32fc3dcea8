"""`tidemark migrate`: topics and tables, as this release needs them."""

import asyncio
import logging
import sys
import time
from collections.abc import Callable
from typing import Annotated, TypeVar

import psycopg
import typer

from pipeline.settings import load_settings

Result = TypeVar("Result")

_RETRY_SECONDS = 1.0


def migrate(
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for Kafka and PostgreSQL to answer.")
    ] = 30.0,
) -> None:
    """Create the Kafka topics and bring PostgreSQL's tables up to date.

    Safe to run at every start, and from several places at once.
    """
    from aiokafka.errors import KafkaError

    from pipeline.provision import ProvisionError, provision
    from sinks.migrations import MigrationError
    from sinks.migrations import migrate as migrate_database

    settings = load_settings()
    deadline = time.monotonic() + wait
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        topics = _patiently(
            lambda: asyncio.run(provision(settings)), (KafkaError, OSError), "Kafka", deadline
        )
        applied = _patiently(
            lambda: migrate_database(settings.database_url.get_secret_value()),
            (psycopg.OperationalError,), "PostgreSQL", deadline,
        )  # fmt: skip
    except (ProvisionError, MigrationError) as error:
        sys.exit(f"tidemark: {error}")
    _say("topics", topics)
    _say("tables", [migration.name for migration in applied])


def _patiently(
    work: Callable[[], Result],
    outages: tuple[type[Exception], ...],
    server: str,
    deadline: float,
) -> Result:
    while True:
        try:
            return work()
        except outages as error:
            if time.monotonic() + _RETRY_SECONDS > deadline:
                sys.exit(f"tidemark: {server} does not answer: {str(error).strip()}")
        time.sleep(_RETRY_SECONDS)


def _say(what: str, made: list[str]) -> None:
    print(f"{what}: {', '.join(made) if made else 'up to date'}")  # noqa: T201
