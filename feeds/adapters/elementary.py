"""Elementary: exports of its table `elementary_test_results`, as CSV, JSON or JSON lines.

An export may hold many runs: each `invocation_id` gives metrics of its own.
"""

from datetime import datetime
from typing import Final

from feeds.adapters.options import Options
from feeds.adapters.rows import Row, read_rows
from feeds.document import Fault, ParsedDocument
from feeds.findings import Finding, Occasion, Verdict, derive
from feeds.moments import moment

VERDICTS: Final = {
    "pass": Verdict.PASSED,
    "success": Verdict.PASSED,
    "warn": Verdict.WARNED,
    "fail": Verdict.FAILED,
    "error": Verdict.ERRORED,
}
NOT_RUN: Final = frozenset({"skipped", "no data"})


def read(body: bytes, options: Options) -> ParsedDocument:
    """Return the events of an export.

    Raises:
        Malformed: it is none.
    """
    parsed = ParsedDocument()
    runs: dict[str, list[tuple[Row, Finding]]] = {}
    for row in read_rows(body, parsed.faults):
        try:
            finding = _finding(row, options)
        except ValueError as error:
            field, _, message = str(error).partition(": ")
            parsed.faults.append(Fault(message, field, row.line))
            continue
        if finding is not None:
            run = row.text("invocation_id") or row.text("detected_at") or ""
            runs.setdefault(run, []).append((row, finding))
    dated = [(_time(found, options), run, found) for run, found in runs.items()]
    for when, run, found in sorted(dated, key=lambda one: one[0]):
        # A later export holds the same runs again.
        identity = options.identity(run.encode() if run else body)
        occasion = Occasion(identity, "elementary", when, {"run": run} if run else {})
        derived = derive([finding for _, finding in found], occasion, options.mapping)
        parsed.events.extend(derived.events)
        parsed.faults.extend(derived.faults)
    return parsed


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


def _time(found: list[tuple[Row, Finding]], options: Options) -> datetime:
    times = [when for row, _ in found if (when := moment(row.text("detected_at")))]
    return max(times, default=options.received)
