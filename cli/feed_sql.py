"""`tidemark feed sql`: checks of tables whose jobs report nothing themselves."""

import signal
import sys
from pathlib import Path
from threading import Event
from typing import Annotated

import structlog
import typer
from rich.console import Console

from cli.feed_options import Token, Url
from feeds.destination import open_reporter
from feeds.finding import Verdict
from feeds.ingest import Summary, report
from feeds.mapping import DEFAULT, MappingError, load_mapping
from feeds.sql.contract import ContractError, load_contract
from feeds.sql.database import Unreachable, check_url
from feeds.sql.poller import Poller, Round
from pipeline.log import configure_logging
from pipeline.settings import load_settings
from tidemark_client import Reporter, TidemarkError

log = structlog.get_logger()

ChecksFile = Annotated[
    Path, typer.Argument(metavar="CHECKS.yaml", help="What to check, see docs/feeds.md.")
]
Connection = Annotated[
    str | None,
    typer.Option(
        envvar="TIDEMARK_SQL_CONNECTION",
        help="postgresql://user@host/db or duckdb:///file.db, in place of the file's.",
    ),
]
Once = Annotated[bool, typer.Option("--once", help="Run every check once and end.")]
MappingFile = Annotated[
    Path | None,
    typer.Option("--mapping", metavar="FILE", help="YAML or JSON that overrides the mapping."),
]


def sql(
    checks: ChecksFile,
    connection: Connection = None,
    once: Once = False,
    mapping: MappingFile = None,
    url: Url = None,
    token: Token = None,
) -> None:
    """Run SQL checks on a schedule against PostgreSQL or DuckDB.

    The file follows the quality section of the Open Data Contract Standard: rowCount,
    nullValues, missingValues, invalidValues, duplicateValues and queries of your own,
    with mustBe, mustBeLessThan and so on; freshness is ours. Every check runs at the
    start and then as scheduled; a table's metrics always count all of its checks.

    With --once the exit code is 1 if a check could not run.
    """
    settings = load_settings()
    configure_logging(settings, "feed")
    try:
        contract = load_contract(checks, connection)
        check_url(contract.connection)
        poller = Poller(contract, load_mapping(mapping) if mapping else DEFAULT)
    except (ContractError, MappingError, ValueError) as error:
        sys.exit(f"tidemark: {error}")
    for skipped in contract.skipped:
        log.info("a rule is left out", rule=skipped)
    try:
        with open_reporter(settings, url=url, token=token) as reporter:
            if once:
                _once(poller, reporter)
            else:
                _scheduled(poller, reporter)
    except Unreachable as error:
        sys.exit(f"tidemark: the database can't be reached: {error}")
    except TidemarkError as error:
        sys.exit(f"tidemark: {error}")


def _once(poller: Poller, reporter: Reporter) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    done = poller.once()
    _send(done, reporter)
    for result in done.results:
        if result.finding.verdict is not Verdict.PASSED:
            console.print(f"{result.check.asset}: {result}", markup=False)
    summary = Summary(faults=sum(result.fault is not None for result in done.results))
    summary.add(done.parsed)
    console.print(str(summary), markup=False)
    if summary.faults:
        raise typer.Exit(1)


def _scheduled(poller: Poller, reporter: Reporter) -> None:
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def told(done: Round) -> None:
        _send(done, reporter)
        for result in done.results:
            if result.finding.verdict is not Verdict.PASSED:
                log.warning(str(result), asset=result.check.asset)
        log.info("checked", checks=len(done.results), events=len(done.parsed.events))

    poller.run(stop, told, lambda why: log.error("the database can't be reached", reason=why))


def _send(done: Round, reporter: Reporter) -> None:
    for event in done.parsed.events:
        report(reporter, event)
