"""`tidemark restore`: after a backup of PostgreSQL was restored, all that Kafka knows beyond it."""

import logging
import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from cli.database import told
from cli.moments import moment
from pipeline.log import configure_logging
from pipeline.settings import load_settings

if TYPE_CHECKING:
    from sinks.restore.restore import Restored

WHEN = "WHEN"


def restore(
    since: Annotated[
        datetime,
        typer.Option(parser=moment, metavar=WHEN, help="When the backup began: 6h, or 2025-01-31."),
    ],
    margin: Annotated[
        float,
        typer.Option(min=0, help="Minutes before it that are read too: how far sinks lagged."),
    ] = 60.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")
    ] = False,
) -> None:
    """Complete a PostgreSQL that was restored from a backup with what Kafka has had since.

    Steps of alerts are taken again, people's too; messages that were sent since the backup
    count as sent; the sink's consumer group is set back, so that it reads the history again
    when it starts. What PostgreSQL has is not taken in twice, so a longer --margin costs
    nothing but time. Stop sinks and notifiers first: it refuses to run beside them. One
    transaction: run it again if it is interrupted.

    What was written in PostgreSQL alone since the backup is lost: keys, subscriptions,
    channels, silences, owners, forecasts.
    """
    from aiokafka.errors import KafkaError

    from pipeline.cluster.inspection import silence
    from sinks.restore.restore import RestoreError
    from sinks.restore.restore import restore as work

    settings = load_settings()
    configure_logging(settings, "restore")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    start = since - timedelta(minutes=margin)
    with Console(stderr=True).status("looking at Kafka") as status:

        def progress(what: str, done: int, total: int) -> None:
            status.update(f"{what}: {done:,} of {total:,} records")

        try:
            done = told(lambda: work(settings, start, dry_run=dry_run, progress=progress))
        except RestoreError as error:
            sys.exit(f"tidemark: {error}")
        except (KafkaError, OSError) as error:
            raise silence(settings, error) from error
    _report(done, start, dry_run=dry_run)


def _report(done: "Restored", start: datetime, *, dry_run: bool) -> None:
    lines = [
        f"since {start:%Y-%m-%d %H:%M:%S} UTC" + (", nothing was changed" if dry_run else ""),
        f"alerts: {done.alerts:,} steps read, {done.people:,} of people's were missing",
        f"deliveries: {done.deliveries:,} had gone on since the backup",
        f"history: the sink reads {done.history:,} records again when it starts",
    ]
    if done.unread:
        lines.append(f"{done.unread:,} records could not be read and were passed over")
    lines += [
        f"warning: Kafka no longer has all of {topic} since then; what it dropped is lost"
        for topic in done.lost
    ]
    print("\n".join(lines))  # noqa: T201
