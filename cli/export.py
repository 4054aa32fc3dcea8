"""`tidemark export`: alerts, history and trends as files."""

import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import psycopg
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from cli.database import run
from cli.moments import moment
from pipeline.faults import Fault
from schemas.metrics import MetricType

if TYPE_CHECKING:
    from api.exports.datasets import Dataset, Wanted
    from api.exports.file import Target
    from api.exports.formats import TextFormat


class Name(StrEnum):
    """What can be exported."""

    ALERTS = "alerts"
    HISTORY = "history"
    TRENDS = "trends"


class Form(StrEnum):
    """How it is written."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


WHEN = "WHEN"


def export(
    name: Annotated[Name, typer.Argument(help="alerts, history (every event) or trends (days).")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File; for Parquet a folder; - for the screen.")
    ],
    form: Annotated[Form, typer.Option("--format", "-f", help="What to write.")] = Form.CSV,
    asset: Annotated[str | None, typer.Option(help="Asset id, or a glob: 'crm.*'.")] = None,
    metric: Annotated[MetricType | None, typer.Option(help="One metric alone.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar=WHEN, help="From then on: 90m, 2d or 2025-01-31.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar=WHEN, help="Before then.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin anew, over what is there.")] = False,
) -> None:
    """Write alerts, history or daily trends to a file, whatever their number.

    Rows are streamed from PostgreSQL, oldest day first. An export that was stopped goes on
    where it was when the same command is given again. In CSV, text that a spreadsheet
    would take for a formula begins with an apostrophe.
    """
    from api.exports.datasets import DATASETS, Wanted
    from api.exports.file import ExportError, Request, open_target
    from api.exports.formats import TEXT_FORMATS, FileFormat

    dataset = DATASETS[name]
    if metric is not None and not dataset.has_metrics:
        raise typer.BadParameter(f"{name} have none", param_hint="--metric")
    wanted = Wanted(
        asset, metric,
        since=moment(since) if since else None,
        until=moment(until) if until else datetime.now(UTC),
    )  # fmt: skip
    if str(output) == "-":
        if form is Form.PARQUET:
            raise typer.BadParameter("Parquet needs a folder", param_hint="--output")
        run(
            lambda connection: _print(
                connection, dataset, wanted, TEXT_FORMATS[FileFormat(form)](dataset)
            )
        )
        return
    asked = Request(name, FileFormat(form), asset, metric, since, until)
    try:
        target = open_target(output, dataset, asked, wanted, fresh=fresh)
    except ModuleNotFoundError as error:
        sys.exit(f"tidemark: Parquet needs {error.name}: pip install 'tidemark[parquet]'")
    except (ExportError, OSError) as error:
        sys.exit(f"tidemark: {error}")
    try:
        run(lambda connection: _write(connection, dataset, target))
    except (KeyboardInterrupt, Fault) as error:
        target.stop()
        further = f"the same command goes on after {target.note.rows:,} rows"
        if isinstance(error, Fault):
            raise Fault(error.what, f"{error.remedy}; {further}", error.code) from error
        sys.exit(f"tidemark: stopped; {further}")
    print(f"{target.note.rows:,} rows in {output}", file=sys.stderr)  # noqa: T201


async def _print(
    connection: psycopg.AsyncConnection, dataset: "Dataset", wanted: "Wanted", form: "TextFormat"
) -> None:
    from api.auth.scope import EVERYTHING
    from api.exports.datasets import chunks

    sys.stdout.buffer.write(form.header())
    try:
        async for chunk in chunks(connection, dataset, EVERYTHING, wanted):
            sys.stdout.buffer.write(form.encode(chunk.rows))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        sys.exit(1)  # whoever read has read enough


async def _write(connection: psycopg.AsyncConnection, dataset: "Dataset", target: "Target") -> None:
    from api.auth.scope import EVERYTHING
    from api.exports.datasets import chunks, days_of

    note = target.note
    span = await days_of(connection, dataset)
    start = note.wanted.since.date() if note.wanted.since else span and span[0]
    until = (note.wanted.until or datetime.now(UTC)).date()
    last = min(until, span[1]) if span else until
    with _progress() as progress:
        days = max(1, (last - start).days + 1) if start else 1
        task = progress.add_task("days", total=days, rows=f"{note.rows:,}")
        async for chunk in chunks(connection, dataset, EVERYTHING, note.wanted, note.place):
            target.write(chunk)
            done = (chunk.place.day - start).days if start else 0
            progress.update(task, completed=done, rows=f"{note.rows:,}")
        progress.update(task, completed=days)
    target.finish()


def _progress() -> Progress:
    columns: list[Any] = [
        SpinnerColumn(),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("days, {task.fields[rows]} rows"),
    ]
    console = Console(stderr=True)
    return Progress(*columns, console=console, disable=not console.is_terminal)
