"""Deequ and PyDeequ: a metrics repository's JSON, or a verification's check results.

The metrics measure without judging, so the score is their mean; check results give
score and issues. The data set's name is only in the result key's tags, or is given.
A repository's flat metrics hold the tags and the date as columns. Data frames of
metrics and of check results are often written as one object a line.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from msgspec import Raw, Struct

from feeds.adapters.rows import array_of
from feeds.document import Fault, ParsedDocument
from feeds.finding import Finding, Verdict
from feeds.gathering import Gathering
from feeds.json_document import JsonDocument
from feeds.options import Options

SHARES: Final = frozenset(
    {"Completeness", "Uniqueness", "Distinctness", "UniqueValueRatio", "Compliance", "PatternMatch"}
)
"""Analyzers whose value is a share of good rows, 0-1; the others only describe."""
DESCRIBES: Final = "metrics that describe and judge nothing ({})"
NAME_TAGS: Final = ("dataset", "data_set", "dataset_name", "table", "table_name", "asset", "name")
COLUMNS: Final = tuple(tag for tag in NAME_TAGS if tag != "name")
VERDICTS: Final = {"success": Verdict.PASSED, "failure": Verdict.FAILED}
_CONSTRAINT: Final = re.compile(
    r"^\w*Constraint\((?P<analyzer>\w+)\((?:List\(|None\b)?(?P<column>\w+)?"
)
_CONTAINS: Final = re.compile(r"^contains\w+\((?P<column>\w+)\)$")
"""How `containsURL` and others name themselves, which are patterns."""


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
    """An analyzer and its metric, whose form is the analyzer's own."""

    analyzer: Analyzer
    metric: Raw


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
    gathering = Gathering(options, "deequ", options.identity(body))
    faults: list[Fault] = []
    document = JsonDocument(array_of(body, faults, options.door), options.door)
    reader = _Reader(document, options, gathering)
    for index, raw in document.items(document.whole(list[Raw]), Raw):
        reader.entry(raw, index)
    parsed = gathering.parsed()
    faults += document.faults() + parsed.faults
    return ParsedDocument(parsed.events, faults, reader.skipped)


class _Reader:
    """Reads the entries of a document, whatever they are."""

    def __init__(self, document: JsonDocument, options: Options, gathering: Gathering) -> None:
        self._document = document
        self._options = options
        self._gathering = gathering
        self.skipped: Counter[str] = Counter()

    def entry(self, raw: Raw, index: int) -> None:
        if b'"resultKey"' in bytes(raw):
            self._analysis(raw, index)
        else:
            self._row(raw, index)

    def _row(self, raw: Raw, index: int) -> None:
        """Read a flat metric or a check's result."""
        row = self._document.inner(raw, dict[str, Any], index)
        if row is None:
            return
        # `name` is the metric's.
        asset = self._asset(row, COLUMNS)
        if asset is None:
            self._document.blame(f"names no data set: {self._options.door.name_asset}", index)
            return
        when = self._document.time(row.get("dataset_date"), index, "dataset_date")
        if "constraint_status" in row:
            result = self._document.inner(raw, CheckResult, index)
            found = [] if result is None else [_checked(result, asset)]
        else:
            found = list(self._flat(raw, row.get("name"), asset, index))
        self._gathering.add(found, when, {})

    def _flat(self, raw: Raw, name: Any, asset: str, index: int) -> Iterator[Finding]:
        if not isinstance(name, str):
            self._document.blame("name is missing: this is no metric and no check result", index)
            return
        # Of a metric of some rows the name says which: `Completeness (where: a > 1)`.
        analyzer = name.partition(" (where: ")[0]
        if analyzer in SHARES:
            yield from self._share(raw, asset, analyzer, None, index)
        else:
            self.skipped[DESCRIBES.format(analyzer)] += 1

    def _asset(self, tags: dict[str, Any], names: tuple[str, ...]) -> str | None:
        known = {name.lower(): value for name, value in tags.items()}
        return next((str(known[name]) for name in names if known.get(name)), self._options.asset)

    def _analysis(self, raw: Raw, index: int) -> None:
        analysis = self._document.inner(raw, Analysis, index)
        if analysis is None:
            return
        key = analysis.result_key
        asset = self._asset(key.tags, NAME_TAGS)
        if asset is None:
            known = ", ".join(NAME_TAGS)
            self._document.blame(
                f"names no data set: {self._options.door.name_asset}, or a tag of {known}",
                index, "resultKey", "tags",
            )  # fmt: skip
            return
        path = (index, "analyzerContext", "metricMap")
        findings: list[Finding] = []
        measured = self._document.items(analysis.analyzer_context.metric_map, Measured, *path)
        for number, entry in measured:
            name, column = entry.analyzer.analyzer_name, entry.analyzer.column
            if name not in SHARES:
                self.skipped[DESCRIBES.format(name)] += 1
                continue
            findings += self._share(entry.metric, asset, name, column, *path, number)
        when = self._document.time(key.data_set_date, index, "resultKey", "dataSetDate")
        self._gathering.add(findings, when, {})

    def _share(
        self, raw: Raw, asset: str, name: str, column: str | None, *path: str | int
    ) -> Iterator[Finding]:
        metric = self._document.inner(raw, Metric, *path)
        if metric is None:
            return
        column = column or metric.instance
        if isinstance(metric.value, str) or metric.value is None:
            # Scala writes NaN for a column without rows.
            self._document.blame(f"{name} of {column} has no number: {metric.value!r}", *path)
            return
        yield Finding(
            asset=asset, check=name, verdict=Verdict.MEASURED, share=metric.value, column=column
        )


def _checked(result: CheckResult, asset: str) -> Finding:
    match = _CONSTRAINT.match(result.constraint)
    contains = _CONTAINS.match(result.constraint)
    verdict = VERDICTS.get(result.constraint_status.lower(), Verdict.ERRORED)
    if verdict is Verdict.FAILED and result.check_level.lower() == "warning":
        verdict = Verdict.WARNED
    return Finding(
        asset=asset,
        check=match["analyzer"] if match else "PatternMatch" if contains else result.constraint,
        verdict=verdict,
        column=found["column"] if (found := match or contains) else None,
        name=result.constraint,
    )
