"""Soda: the scan results of Soda Core 3 and 4.

Version 3 leaves out the checks that could not run: `hasErrors`, the queries that failed
and the log are all that is left of them.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from msgspec import UNSET, Raw, Struct, UnsetType

from feeds.document import ParsedDocument
from feeds.finding import Finding, Verdict
from feeds.gathering import Gathering
from feeds.json_document import JsonDocument
from feeds.mapping import named_dimension
from feeds.options import Options
from schemas.metrics import MetricType

VERDICTS: Final = {
    "pass": Verdict.PASSED,
    "passed": Verdict.PASSED,
    "warn": Verdict.WARNED,
    "warned": Verdict.WARNED,
    "fail": Verdict.FAILED,
    "failed": Verdict.FAILED,
}
"""Any other outcome is a check that could not run, such as null and `unevaluated`."""
NOT_RUN: Final = frozenset({"excluded", "skipped"})
CHECKS: Final = ("checks", "automatedMonitoringChecks")
_KIND: Final = re.compile(
    r"\b(missing|invalid|duplicate|row_count|freshness|schema|failed rows|values? in|anomaly)",
    re.IGNORECASE,
)
"""What a check in SodaCL is about; version 3 tells no type."""


class Scan(Struct, rename="camel"):
    """A scan's results. Version 4 writes null for no checks."""

    checks: list[Raw] | UnsetType | None = UNSET
    automated_monitoring_checks: list[Raw] | None = None
    definition_name: str | None = None
    default_data_source: str | None = None
    data_timestamp: Any = None
    scan_end_timestamp: Any = None
    has_errors: bool | None = None
    queries: list[Raw] | None = None
    logs: list[Raw] | None = None


class Check(Struct, rename="camel"):
    """One check's result. Outcome null: it could not be evaluated."""

    name: str | None = None
    check_type: str | None = None
    definition: str | None = None
    data_source: str | None = None
    dataset_prefix: list[str] | str | None = None
    table: str | None = None
    column: str | None = None
    outcome: str | None = None
    resource_attributes: Any = None
    attributes: Any = None
    diagnostics: dict[str, Any] | None = None


class Query(Struct, rename="camel"):
    """A query that a scan ran."""

    data_source: str | None = None
    table: str | None = None
    exception: Any = None


class Log(Struct):
    """A line of a scan's log."""

    level: Any = None
    message: Any = None


def read(body: bytes, options: Options) -> ParsedDocument:
    """Return the events of a scan's results.

    Raises:
        Malformed: it is none.
    """
    document = JsonDocument(body, options.door)
    scan = document.whole(Scan)
    if scan.checks is UNSET:
        document.blame("checks is missing: this is no scan result")
    reader = _ScanReader(document, scan, options)
    findings = list(reader.findings())
    when = document.time(scan.data_timestamp, "dataTimestamp")
    when = when or document.time(scan.scan_end_timestamp, "scanEndTimestamp")
    gathering = Gathering(options, "soda", options.identity(body))
    gathering.add(findings, when, {"scan": scan.definition_name, **reader.errors()})
    parsed = gathering.parsed()
    return ParsedDocument(parsed.events, document.faults() + parsed.faults, reader.skipped)


class _ScanReader:
    """Reads the checks of a scan, and what else tells of those that could not run."""

    def __init__(self, document: JsonDocument, scan: Scan, options: Options) -> None:
        self._document = document
        self._scan = scan
        self._options = options
        self.skipped: Counter[str] = Counter()

    def findings(self) -> Iterator[Finding]:
        errored: set[str] = set()
        for name, raws in zip(CHECKS, self._listed(), strict=True):
            for index, check in self._document.items(raws, Check, name):
                if str(check.outcome).lower() in NOT_RUN:
                    self.skipped[f"checks that Soda left out ({check.outcome})"] += 1
                    continue
                asset = _asset(check, self._scan) or self._options.asset
                if asset is None:
                    hint = self._options.door.name_asset
                    self._document.blame(f"names no table: {hint}", name, index)
                    continue
                finding = _finding(check, asset)
                if finding.verdict is Verdict.ERRORED:
                    errored.add(asset)
                yield finding
        yield from self._failed_queries(errored)

    def _listed(self) -> tuple[list[Raw], list[Raw]]:
        scan = self._scan
        return (scan.checks or [], scan.automated_monitoring_checks or [])

    def _failed_queries(self, errored: set[str]) -> Iterator[Finding]:
        """Yield an issue for each table whose query failed and whose checks are not listed."""
        if not self._scan.has_errors:
            return
        told: set[str] = set()
        for _, query in self._document.items(self._scan.queries or [], Query, "queries"):
            if not query.exception or not query.table:
                continue
            asset = _name(query.data_source, [], query.table, self._scan)
            if asset not in errored | told:
                told.add(asset)
                yield Finding(asset=asset, check="query_failed", verdict=Verdict.ERRORED)

    def errors(self) -> dict[str, str | None]:
        """Blame a scan with errors for what it leaves out, and return its first error."""
        if not self._scan.has_errors:
            return {}
        logs = self._document.items(self._scan.logs or [], Log, "logs")
        messages = [str(log.message) for _, log in logs if str(log.level).upper() == "ERROR"]
        first = " ".join(messages[0].split())[:200] if messages else "its log tells no reason"
        more = f" (and {len(messages) - 1:,} more errors)" if len(messages) > 1 else ""
        self._document.blame(
            f"the scan ended with errors, and checks that could not run may be left out: "
            f"{first}{more}",
            "hasErrors",
        )
        return {"scanError": first}


def _finding(check: Check, asset: str) -> Finding:
    return Finding(
        asset=asset,
        check=check.check_type or _kind(check),
        verdict=VERDICTS.get(str(check.outcome).lower(), Verdict.ERRORED),
        share=_share(check.diagnostics),
        column=check.column,
        dimension=_dimension(check),
        name=check.name,
    )


def _kind(check: Check) -> str:
    for text in (check.definition, check.name):
        # A definition begins with `checks for <table>:`, whose name may mislead.
        match = _KIND.search(text.partition("\n")[2] or text) if text else None
        if match:
            kind = match[1].lower()
            return "reference" if kind.startswith("value") else kind
    return check.name or "check"


def _asset(check: Check, scan: Scan) -> str | None:
    if not check.table:
        return None
    prefix = check.dataset_prefix or []
    schemas = [prefix] if isinstance(prefix, str) else prefix
    return _name(check.data_source, schemas, check.table, scan)


def _name(source: str | None, schemas: list[str], table: str, scan: Scan) -> str:
    return ".".join(part for part in (source or scan.default_data_source, *schemas, table) if part)


def _share(diagnostics: dict[str, Any] | None) -> float | None:
    """Return the share of good rows, from version 4's diagnostics."""
    detail = (diagnostics or {}).get("v4")
    if not isinstance(detail, dict):
        return None
    percent = _number(detail.get("failedRowsPercent"))
    if percent is not None:
        return 1.0 - percent / 100.0
    failed, tested = _number(detail.get("failedRowsCount")), _number(detail.get("checkRowsTested"))
    if failed is not None and tested:
        return 1.0 - failed / tested
    return None


def _number(value: Any) -> float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _dimension(check: Check) -> MetricType | None:
    """Return the dimension that a check's attribute `dimension` names."""
    for attributes in (check.resource_attributes, check.attributes):
        if isinstance(attributes, dict):
            return named_dimension(attributes.get("dimension"))
        for one in attributes if isinstance(attributes, list) else ():
            if isinstance(one, dict) and str(one.get("name")).lower() == "dimension":
                return named_dimension(one.get("value"))
    return None
