"""Deequ and PyDeequ: a metrics repository's JSON, or a verification's check results.

The metrics measure without judging, so the score is their mean; check results give
score and issues. The data set's name is only in the result key's tags, or is given.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from msgspec import Raw, Struct

from feeds.adapters.options import Options
from feeds.document import JsonDocument, ParsedDocument
from feeds.findings import Finding, Occasion, Verdict, derive
from feeds.moments import moment

SHARES: Final = frozenset(
    {"Completeness", "Uniqueness", "Distinctness", "UniqueValueRatio", "Compliance", "PatternMatch"}
)
"""Analyzers whose value is a share of good rows, 0-1; the others only describe."""
NAME_TAGS: Final = ("dataset", "data_set", "dataset_name", "table", "table_name", "asset", "name")
VERDICTS: Final = {"success": Verdict.PASSED, "failure": Verdict.FAILED}
_CONSTRAINT: Final = re.compile(r"^\w*Constraint\((?P<analyzer>\w+)\((?P<column>\w+)?")


class ResultKey(Struct, rename="camel"):
    """Names a result: its time in milliseconds, and tags."""

    data_set_date: Any = None
    tags: dict[str, Any] = {}


class AnalyzerContext(Struct, rename="camel"):
    """The metrics of one analysis."""

    metric_map: list[Raw]


class Analysis(Struct, rename="camel"):
    """One entry of a repository."""

    result_key: ResultKey
    analyzer_context: AnalyzerContext


class Analyzer(Struct, rename="camel"):
    """What was measured."""

    analyzer_name: str
    column: str | None = None
    where: str | None = None


class Metric(Struct, rename="camel"):
    """What came out; the value may be null where the analyzer failed."""

    name: str
    instance: str | None = None
    value: float | str | None = None


class Measured(Struct, rename="camel"):
    """An analyzer and its metric."""

    analyzer: Analyzer
    metric: Metric


class CheckResult(Struct):
    """A constraint's result of `VerificationResult.checkResultsAsJson`."""

    check: str
    constraint: str
    constraint_status: str
    check_level: str = "Error"


def read(body: bytes, options: Options) -> ParsedDocument:
    """Return the events of a repository, of flat metrics, or of check results.

    Raises:
        Malformed: it is none of them.
    """
    document = JsonDocument(body)
    parsed = ParsedDocument()
    loose: list[Finding] = []
    for index, raw in enumerate(document.whole(list[Raw])):
        text = bytes(raw)
        if b'"resultKey"' in text:
            entry = _analysis(document, raw, index, options, options.identity(body, b"%d" % index))
            parsed.events.extend(entry.events)
            parsed.faults.extend(entry.faults)
        else:
            loose += _loose(document, raw, index, options)
    occasion = Occasion(options.identity(body), "deequ", options.received, {})
    rest = derive(loose, occasion, options.mapping)
    return ParsedDocument(
        parsed.events + rest.events, document.faults + parsed.faults + rest.faults
    )


def _analysis(
    document: JsonDocument, raw: Raw, index: int, options: Options, identity: str
) -> ParsedDocument:
    analysis = document.part(raw, Analysis, index)
    if analysis is None:
        return ParsedDocument()
    tags = {key.lower(): value for key, value in analysis.result_key.tags.items()}
    asset = next((str(tags[tag]) for tag in NAME_TAGS if tags.get(tag)), options.asset)
    if asset is None:
        known = ", ".join(NAME_TAGS)
        document.blame(
            f"names no data set: give one with --asset, or a tag of {known}",
            index, "resultKey", "tags",
        )  # fmt: skip
        return ParsedDocument()
    path = (index, "analyzerContext", "metricMap")
    findings: list[Finding] = []
    for number, entry in document.items(analysis.analyzer_context.metric_map, Measured, *path):
        name = entry.analyzer.analyzer_name
        column = entry.analyzer.column or entry.metric.instance
        if name in SHARES:
            findings += _measured(document, asset, name, column, entry.metric, (*path, number))
    when = moment(analysis.result_key.data_set_date) or options.received
    return derive(findings, Occasion(identity, "deequ", when, {}), options.mapping)


def _loose(document: JsonDocument, raw: Raw, index: int, options: Options) -> Iterator[Finding]:
    """Yield the findings of an entry that belongs to no result key."""
    if options.asset is None:
        document.blame("names no data set: give one with --asset", index)
    elif b'"constraint_status"' in bytes(raw):
        result = document.part(raw, CheckResult, index)
        if result is not None:
            yield _checked(result, options.asset)
    else:
        metric = document.part(raw, Metric, index)
        if metric is not None and metric.name in SHARES:
            path = (index,)
            yield from _measured(
                document, options.asset, metric.name, metric.instance, metric, path
            )


def _measured(
    document: JsonDocument,
    asset: str,
    name: str,
    column: str | None,
    metric: Metric,
    path: tuple[str | int, ...],
) -> Iterator[Finding]:
    if isinstance(metric.value, str) or metric.value is None:
        # Scala writes NaN for a column without rows.
        document.blame(f"{name} of {column} has no number: {metric.value!r}", *path)
        return
    yield Finding(
        asset=asset, check=name, verdict=Verdict.MEASURED, share=metric.value, column=column
    )


def _checked(result: CheckResult, asset: str) -> Finding:
    match = _CONSTRAINT.match(result.constraint)
    verdict = VERDICTS.get(result.constraint_status.lower(), Verdict.ERRORED)
    if verdict is Verdict.FAILED and result.check_level.lower() == "warning":
        verdict = Verdict.WARNED
    return Finding(
        asset=asset,
        check=match["analyzer"] if match else result.constraint,
        verdict=verdict,
        column=match["column"] if match else None,
        name=result.constraint,
    )
