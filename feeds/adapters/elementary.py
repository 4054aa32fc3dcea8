"""Elementary: exports of its table `elementary_test_results`, as CSV, JSON or JSON lines.

An export may hold many runs: each `invocation_id` gives metrics of its own.
"""

from collections import Counter
from datetime import datetime
from typing import Final

from feeds.adapters.rows import Row, read_rows
from feeds.document import Fault, ParsedDocument
from feeds.finding import Finding, Verdict
from feeds.gathering import Gathering
from feeds.json_document import unreadable
from feeds.moments import absent, moment
from feeds.options import Options

VERDICTS: Final = {
    "pass": Verdict.PASSED,
    "success": Verdict.PASSED,
    "warn": Verdict.WARNED,
    "fail": Verdict.FAILED,
    "error": Verdict.ERRORED,
    "runtime error": Verdict.ERRORED,
}
NOT_RUN: Final = frozenset({"skipped", "no data"})
COLUMNS: Final = (("status",), ("table_name", "model_unique_id"))


def read(body: bytes, options: Options) -> ParsedDocument:
    """Return the events of an export.

    Raises:
        Malformed: it is none.
    """
    faults: list[Fault] = []
    skipped: Counter[str] = Counter()
    runs: dict[str, list[tuple[datetime | None, Finding]]] = {}
    columns = COLUMNS if options.asset is None else COLUMNS[:1]
    for row in read_rows(body, faults, options.door, columns):
        try:
            finding = _finding(row, options)
        except ValueError as error:
            field, _, message = str(error).partition(": ")
            faults.append(Fault(message, field, row.line))
            continue
        if finding is None:
            skipped[f"tests that did not run ({row.text('status')})"] += 1
            continue
        run = row.text("invocation_id") or row.text("detected_at") or ""
        runs.setdefault(run, []).append((_time(row, faults), finding))
    identity = options.identity(body)
    gathering = Gathering(options, "elementary", identity)
    for run, found in runs.items():
        when = max((when for when, _ in found if when is not None), default=None)
        # A later export holds the same runs again.
        again = options.identity(run.encode()) if run else identity
        gathering.add([finding for _, finding in found], when, {"run": run}, again)
    parsed = gathering.parsed()
    return ParsedDocument(parsed.events, faults + parsed.faults, skipped)


def _finding(row: Row, options: Options) -> Finding | None:
    status = (row.text("status") or "").lower()
    if status in NOT_RUN:
        return None
    if status not in VERDICTS:
        raise ValueError(f"status: unknown status {status!r}" if status else "status: is missing")
    names = (row.text("database_name"), row.text("schema_name"), row.text("table_name"))
    asset = ".".join(name for name in names if name) if names[2] else _model(row)
    if not (asset or options.asset):
        raise ValueError("table_name: is missing")
    kind = row.text("test_type") or ""
    check = row.text("test_short_name") or row.text("test_name") or row.text("test_sub_type")
    return Finding(
        asset=asset or options.asset or "",
        check=kind if kind == "schema_change" or not check else check,
        verdict=VERDICTS[status],
        column=row.text("column_name"),
        name=row.text("test_name"),
    )


def _model(row: Row) -> str | None:
    """Return `shop.orders` for a model_unique_id of `model.shop.orders`."""
    unique_id = row.text("model_unique_id")
    return unique_id.partition(".")[2] or None if unique_id else None


def _time(row: Row, faults: list[Fault]) -> datetime | None:
    value = row.value("detected_at")
    when = moment(value)
    if when is None and not absent(value):
        faults.append(Fault(unreadable(value), "detected_at", row.line))
    return when
