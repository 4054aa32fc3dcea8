"""Replays the year: one day after the other, at a pace, from where it stopped."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from threading import Event

import structlog

from feeds.sample.checks import DayChecks
from feeds.sample.data import Tables
from feeds.sample.outcome import Outcome
from tidemark_client import DeliveryError, Reporter

log = structlog.get_logger()


@dataclass(frozen=True)
class Span:
    """The days to replay, both ends included."""

    first: date
    last: date

    def after(self, day: date) -> date:
        """Return the day that follows; after the last comes the first again."""
        return self.first if day >= self.last else day + timedelta(days=1)

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


class Bookmark:
    """The next day to replay, kept in a file so that a restart goes on from there."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> date | None:
        """Return the day kept, or None where there is none that can be read."""
        try:
            return date.fromisoformat(json.loads(self._file.read_bytes())["nextDay"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, day: date) -> None:
        """Keep a day; replaced whole, so that a crash leaves the old one or the new."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps({"nextDay": day.isoformat()}))
        fresh.replace(self._file)


@dataclass(frozen=True)
class DayReport:
    """What one day's batch came to."""

    day: date
    outcomes: list[Outcome]
    events: int


class Replay:
    """Checks day after day and reports what it finds.

    Args:
        reporter: a strict one; its events are flushed day by day.
        stop: set to end after the current day.
        told: called with each day's report once it has got through.
    """

    def __init__(self, reporter: Reporter, stop: Event, told: Callable[[DayReport], None]) -> None:
        self._tables = Tables()
        self._checks = DayChecks(self._tables)
        self._reporter = reporter
        self._stop = stop
        self._told = told

    def run(self, days: Iterator[date], pace: float, bookmark: Callable[[date], None]) -> None:
        """Replay `days`, one every `pace` seconds; `bookmark` is told each day done."""
        for day in days:
            report = self.one_day(day)
            if not self._delivered():
                return
            bookmark(day)
            self._told(report)
            if self._stop.wait(pace):
                return

    def one_day(self, day: date) -> DayReport:
        """Check one day and report its metrics."""
        outcomes = list(self._checks.outcomes(self._tables.day(day)))
        events = 0
        for outcome in outcomes:
            metadata = outcome.metadata(day.isoformat())
            for metric, value in outcome.metrics():
                self._reporter.report(
                    outcome.asset_id, metric.value, value,
                    asset_name=outcome.asset_name, asset_type=outcome.asset_type, metadata=metadata,
                )  # fmt: skip
                events += 1
        return DayReport(day, outcomes, events)

    def _delivered(self) -> bool:
        """Wait out an outage; False where told to stop before it ended."""
        while True:
            try:
                return self._reporter.flush()
            except DeliveryError as error:
                log.warning("not delivered yet", reason=str(error))
                if not error.undelivered:
                    return True
                if self._stop.is_set():
                    return False


def calendar(span: Span, start: date, *, loop: bool) -> Iterator[date]:
    """Yield days from `start` to the end of the span, and with `loop` round and round."""
    day = start
    while True:
        yield day
        if day >= span.last and not loop:
            return
        day = span.after(day)
