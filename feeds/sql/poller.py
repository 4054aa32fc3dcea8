"""Runs checks when they are due, and reports their tables' metrics."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from threading import Event
from typing import Any

from croniter import croniter

from feeds.document import ParsedDocument
from feeds.finding import Finding, Verdict
from feeds.findings import Occasion, derive
from feeds.mapping import DEFAULT, Mapping, named_dimension
from feeds.sql.contract import ROW_METRICS, UNITS, Check, Contract
from feeds.sql.database import Database, QueryFailed, Unreachable, connect
from feeds.sql.statements import statement


@dataclass(frozen=True, slots=True)
class Result:
    """What a check came to. `value` is in the check's unit; `fault` where it could not run."""

    check: Check
    finding: Finding
    value: float | bool | None
    fault: str | None = None

    def __str__(self) -> str:
        if self.fault:
            return f"{self.check.name} could not run: {self.fault}"
        return f"{self.check.name} is {self.value}, must be {self.check.condition or 'true'}"


@dataclass(frozen=True, slots=True)
class Round:
    """The checks run at one time, and the metrics of their tables."""

    results: list[Result]
    parsed: ParsedDocument


class Poller:
    """Keeps each check's last finding, so that a table's score always counts all of them."""

    def __init__(self, contract: Contract, mapping: Mapping = DEFAULT) -> None:
        self._contract = contract
        self._mapping = mapping
        self._last: dict[int, Finding] = {}
        self._due: dict[int, datetime] = {}

    def run(self, stop: Event, told: Callable[[Round], None], away: Callable[[str], None]) -> None:
        """Run every check now, then each when it is due, until `stop` is set.

        `told` is given every round, `away` why a round could not be run.
        """
        now = datetime.now(UTC)
        self._due = dict.fromkeys(range(len(self._contract.checks)), now)
        while not stop.is_set():
            now = datetime.now(UTC)
            due = [number for number, when in self._due.items() if when <= now]
            if due:
                try:
                    told(self.round(due, now))
                except Unreachable as error:
                    away(str(error))
                for number in due:
                    self._due[number] = next_run(self._contract.checks[number], now)
            wait = (min(self._due.values()) - datetime.now(UTC)).total_seconds()
            stop.wait(max(0.0, wait))

    def once(self) -> Round:
        """Run every check.

        Raises:
            Unreachable: the database can't be reached.
        """
        return self.round(range(len(self._contract.checks)), datetime.now(UTC))

    def round(self, numbers: Iterable[int], now: datetime) -> Round:
        """Run some of the checks, by number, and return their tables' metrics.

        Raises:
            Unreachable: the database can't be reached.
        """
        checks = self._contract.checks
        results = []
        with connect(self._contract.connection, self._contract.timeout) as database:
            for number in numbers:
                result = run_check(checks[number], database)
                self._last[number] = result.finding
                results.append(result)
        assets = {result.check.asset for result in results}
        findings = [f for _, f in sorted(self._last.items()) if f.asset in assets]
        occasion = Occasion(now.isoformat(), "sql", now, {})
        return Round(results, derive(findings, occasion, self._mapping))


def run_check(check: Check, database: Database) -> Result:
    """Run one check; that it could not run is a finding too."""
    try:
        row = database.first_row(statement(check, database.dialect))
        value, share = measured(check, row)
    except QueryFailed as error:
        return Result(check, _finding(check, Verdict.ERRORED, None), None, str(error))
    if check.condition.holds(value):
        verdict = Verdict.PASSED
    else:
        verdict = Verdict.WARNED if check.warning else Verdict.FAILED
    return Result(check, _finding(check, verdict, share), value)


def measured(check: Check, row: Sequence[Any]) -> tuple[float | bool | None, float | None]:
    """Return a statement's value in the check's unit, and the share of good rows if it tells.

    Raises:
        QueryFailed: the value is neither number nor boolean.
    """
    if check.metric in ROW_METRICS:
        rows, bad = int(row[0]), int(row[1])
        share = 1.0 if rows == 0 else 1.0 - bad / rows
        if check.rule.unit == "percent":
            return (0.0 if rows == 0 else 100.0 * bad / rows), share
        return bad, share
    value = float(row[0]) if isinstance(row[0], Decimal) else row[0]
    if value is not None and not isinstance(value, (bool, int, float)):
        raise QueryFailed(f"must give a number or a boolean, gave {value!r}")
    if check.metric == "freshness" and value is not None:
        return value / UNITS[check.rule.unit or "seconds"], None
    return value, None


def next_run(check: Check, now: datetime) -> datetime:
    """Return when a check is due after `now`."""
    if check.cron:
        following: datetime = croniter(check.cron, now).get_next(datetime)
        return following
    return datetime.fromtimestamp(now.timestamp() + check.every, UTC)


def _finding(check: Check, verdict: Verdict, share: float | None) -> Finding:
    return Finding(
        asset=check.asset,
        check=check.metric,
        verdict=verdict,
        share=share,
        dimension=named_dimension(check.rule.dimension),
        name=check.name,
    )
