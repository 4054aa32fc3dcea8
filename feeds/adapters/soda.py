"""Soda: the scan results of Soda Core 3 and 4."""

import re
from typing import Any, Final

from msgspec import Raw, Struct

from feeds.adapters.options import Options
from feeds.document import JsonDocument, ParsedDocument
from feeds.findings import Finding, Occasion, Verdict, derive
from feeds.mapping import named_dimension
from feeds.moments import moment
from schemas.metrics import MetricType

VERDICTS: Final = {"pass": Verdict.PASSED, "warn": Verdict.WARNED, "fail": Verdict.FAILED}
NOT_RUN: Final = frozenset({"excluded", "skipped"})
_KIND: Final = re.compile(
    r"\b(missing|invalid|duplicate|row_count|freshness|schema|failed rows|values? in|anomaly)",
    re.IGNORECASE,
)
"""What a check in SodaCL is about; version 3 tells no type."""


class Scan(Struct, rename="camel"):
    """A scan's results."""

    checks: list[Raw]
    definition_name: str | None = None
    default_data_source: str | None = None
    data_timestamp: Any = None
    scan_end_timestamp: Any = None
    scan_id: str | None = None


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


def read(body: bytes, options: Options) -> ParsedDocument:
    """Return the events of a scan's results.

    Raises:
        Malformed: it is none.
    """
    document = JsonDocument(body)
    scan = document.whole(Scan)
    findings = []
    for index, check in document.items(scan.checks, Check, "checks"):
        asset = _asset(check, scan) or options.asset
        if asset is None:
            document.blame("names no table: give one with --asset", "checks", index)
        elif check.outcome not in NOT_RUN:
            findings.append(_finding(check, asset))
    when = moment(scan.data_timestamp) or moment(scan.scan_end_timestamp) or options.received
    context = {"scan": scan.definition_name} if scan.definition_name else {}
    occasion = Occasion(options.identity(body), "soda", when, context)
    parsed = derive(findings, occasion, options.mapping)
    return ParsedDocument(parsed.events, document.faults + parsed.faults)


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
    source = check.data_source or scan.default_data_source
    return ".".join(part for part in (source, *schemas, check.table) if part)


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
