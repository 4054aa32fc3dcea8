"""`tidemark feed <kind> FILE...`: other tools' documents."""

import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from threading import Event
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import track

from cli.feed_options import Token, Url
from feeds.destination import open_reporter
from feeds.document import Fault
from feeds.ingest import Ingest, Reading, Watch, report
from feeds.mapping import DEFAULT, MappingError, load_mapping
from pipeline.settings import load_settings
from schemas.metrics import MetricEvent
from tidemark_client import BufferFull, DeliveryError, Reporter, TidemarkError

POLL_SECONDS = 1.0
FLUSH_SECONDS = 5.0
"""How long a watch waits for a file's events before it looks whether to stop."""

Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILE...", help="Documents to read; `-` is standard input."),
]
WatchDir = Annotated[
    Path | None,
    typer.Option("--watch", metavar="DIR", help="Go on taking in what appears or changes there."),
]
MappingFile = Annotated[
    Path | None,
    typer.Option("--mapping", metavar="FILE", help="YAML or JSON that overrides the mapping."),
]
AssetName = Annotated[
    str | None, typer.Option("--asset", help="Asset of documents that name none.")
]
ManifestFile = Annotated[
    Path | None,
    typer.Option(
        "--manifest", metavar="FILE", help="dbt's manifest.json; default: the one beside the file."
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the events, send nothing.")]

HELP = {
    "dbt": "dbt: `run_results.json` of any version, and `sources.json` of source freshness.",
    "great-expectations": "Great Expectations: validation or checkpoint results, 0.18 and 1.x.",
    "soda": "Soda: scan results of Soda Core 3 and 4.",
    "deequ": "Deequ and PyDeequ: metrics repositories, metrics, check results.",
    "openlineage": "OpenLineage: run and dataset events with data-quality facets.",
    "elementary": "Elementary: exports of `elementary_test_results` (CSV, JSON, JSON lines).",
    "csv": "CSV: one measurement a row (asset, metric, value), or one column a metric.",
    "jsonl": "JSON lines of metric events as they travel in Kafka.",
}


def add_kinds(app: typer.Typer) -> None:
    """Add one command per kind of document."""
    for kind, text in HELP.items():
        command = _dbt if kind == "dbt" else _command(kind)
        app.command(kind, help=f"{text}\n\n{DETAILS}")(command)


DETAILS = """What can't be read is reported with line and field; the rest is sent, and the exit
code is 1. Reading the same document twice changes nothing."""


def _command(kind: str) -> Callable[..., None]:
    def command(
        files: Files = None,
        watch: WatchDir = None,
        mapping: MappingFile = None,
        asset: AssetName = None,
        dry_run: DryRun = False,
        url: Url = None,
        token: Token = None,
    ) -> None:
        _feed(_reading(kind, mapping, asset, None), files or [], watch, dry_run, url, token)

    return command


def _dbt(
    files: Files = None,
    watch: WatchDir = None,
    mapping: MappingFile = None,
    manifest: ManifestFile = None,
    dry_run: DryRun = False,
    url: Url = None,
    token: Token = None,
) -> None:
    _feed(_reading("dbt", mapping, None, manifest), files or [], watch, dry_run, url, token)


def _reading(kind: str, mapping: Path | None, asset: str | None, manifest: Path | None) -> Reading:
    try:
        chosen = load_mapping(mapping) if mapping else DEFAULT
    except MappingError as error:
        raise typer.BadParameter(str(error), param_hint="--mapping") from None
    if manifest is not None and not manifest.is_file():
        raise typer.BadParameter(f"no such file: {manifest}", param_hint="--manifest")
    return Reading(kind, chosen, asset, manifest)


def _feed(
    reading: Reading,
    files: list[Path],
    watch: Path | None,
    dry_run: bool,
    url: str | None,
    token: str | None,
) -> None:
    if not files and watch is None:
        raise typer.BadParameter("give at least one FILE, or --watch DIR")
    if watch is not None and not watch.is_dir():
        raise typer.BadParameter(f"no such directory: {watch}", param_hint="--watch")
    console = Console(stderr=True, highlight=False, soft_wrap=True)

    def blame(name: str, fault: Fault) -> None:
        where = f"{name}:{fault.line}" if fault.line else name
        said = f"{fault.field}: {fault.message}" if fault.field else fault.message
        console.print(f"{where}: {said}", markup=False)

    try:
        with _sender(dry_run, url, token) as reporter:
            ingest = Ingest(reading, _show if reporter is None else _sending(reporter), blame)
            _read_all(ingest, files, console)
            if watch is not None:
                _watch(ingest, Watch(watch, reading.kind), reporter, console)
    except TidemarkError as error:
        sys.exit(f"tidemark: {error}")
    for skips in ingest.summary.skips():
        console.print(skips, markup=False)
    said = str(ingest.summary)
    console.print(said.replace(" sent ", " read ") if dry_run else said, markup=False)
    if ingest.summary.faults:
        raise typer.Exit(1)


def _sender(
    dry_run: bool, url: str | None, token: str | None
) -> AbstractContextManager[Reporter | None]:
    if dry_run:
        return nullcontext()
    return open_reporter(load_settings(), url=url, token=token)


def _sending(reporter: Reporter) -> Callable[[MetricEvent], None]:
    return lambda event: report(reporter, event)


def _show(event: MetricEvent) -> None:
    sys.stdout.write(msgspec.json.encode(event).decode() + "\n")


def _read_all(ingest: Ingest, files: list[Path], console: Console) -> None:
    quiet = len(files) < 2 or not console.is_terminal
    for file in track(files, "reading", console=console, disable=quiet, transient=True):
        if str(file) == "-":
            ingest.body("-", sys.stdin.buffer.read())
        else:
            ingest.file(file)


def _watch(ingest: Ingest, watch: Watch, reporter: Reporter | None, console: Console) -> None:
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.wait(POLL_SECONDS):
        for file in watch.ready():
            if reporter is None:
                ingest.file(file)
            elif not _delivered(ingest, file, reporter, stop, console):
                return
            console.print(f"{file}: read", markup=False)


def _delivered(
    ingest: Ingest, file: Path, reporter: Reporter, stop: Event, console: Console
) -> bool:
    """Send a file's events, however long that takes; False if told to stop before."""
    taken = False
    trouble = None
    while True:
        try:
            if not taken:
                ingest.file(file)
                taken = True
            reporter.flush(FLUSH_SECONDS)
        except DeliveryError as error:
            if not error.undelivered:
                # Trying again would end the same way.
                console.print(f"{file}: {error}", markup=False)
                ingest.summary.faults += len(error.refused)
                return True
            trouble = _told_once(f"{file}: waiting: {error}", trouble, console)
        except BufferFull as error:
            trouble = _told_once(f"{file}: waiting: {error}", trouble, console)
        else:
            return True
        if stop.is_set():
            return False


def _told_once(said: str, before: str | None, console: Console) -> str:
    if before is None:
        console.print(said, markup=False)
    return said
