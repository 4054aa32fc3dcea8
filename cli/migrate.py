"""`tidemark migrate`: topics and tables, as this release needs them."""

import asyncio
import logging
import sys
import time
from collections.abc import Callable
from typing import Annotated

import typer

from pipeline.faults import Fault
from pipeline.postgres.trouble import PostgresUnavailable
from pipeline.settings import load_settings

_RETRY_SECONDS = 1.0


def migrate(
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for Kafka and PostgreSQL to answer.")
    ] = 30.0,
    return_events: Annotated[
        bool,
        typer.Option(
            "--return-events",
            help="Bring events back from partitions that were added to the metrics topic.",
        ),
    ] = False,
) -> None:
    """Create the Kafka topics and bring PostgreSQL's tables up to date.

    Safe to run at every start, and from several places at once. Exits with 69 if a server
    does not answer, with 77 if it refuses us, with 78 if the settings do not fit what is there.
    """
    from aiokafka.errors import KafkaError

    from pipeline.cluster.inspection import silence
    from pipeline.cluster.strays import return_strays
    from pipeline.provision import provision
    from sinks.migrations import MigrationError
    from sinks.migrations import migrate as migrate_database

    settings = load_settings()
    deadline = time.monotonic() + wait
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)

    def topics() -> list[str]:
        try:
            if return_events:
                print(f"events: {asyncio.run(return_strays(settings))} returned")  # noqa: T201
            return asyncio.run(provision(settings))
        except (KafkaError, OSError) as error:
            raise silence(settings, error) from error

    def tables() -> list[str]:
        try:
            applied = migrate_database(settings.database_url.get_secret_value())
        except PostgresUnavailable as error:
            raise error.fault() from error
        return [migration.name for migration in applied]

    try:
        made, applied = _patiently(topics, deadline), _patiently(tables, deadline)
    except MigrationError as error:
        sys.exit(f"tidemark: {error}")
    _say("topics", made)
    _say("tables", applied)


def _patiently(work: Callable[[], list[str]], deadline: float) -> list[str]:
    """Return what `work` does, tried again while a server does not answer; say so at once."""
    told = None
    while True:
        try:
            return work()
        except Fault as fault:
            if fault.lasts or time.monotonic() + _RETRY_SECONDS > deadline:
                raise
            if fault != told:
                print(f"tidemark: waiting: {fault}", file=sys.stderr, flush=True)  # noqa: T201
            told = fault
        time.sleep(_RETRY_SECONDS)


def _say(what: str, made: list[str]) -> None:
    print(f"{what}: {', '.join(made) if made else 'up to date'}")  # noqa: T201
