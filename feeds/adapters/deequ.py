"""Deequ and PyDeequ: a metrics repository's JSON, or a verification's check results.

The metrics measure without judging, so the score is their mean; check results give
score and issues. The data set's name is only in the result key's tags, or is given.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from msgspec import Raw, Struct

from feeds.document import ParsedDocument
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


class Named(Struct):
    """As much of a flat metric as tells whether it is a share."""

    name: str


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
    document = JsonDocument(body, options.door)
    gathering = Gathering(options, "deequ", options.identity(body))
    reader = _Reader(document, options, gathering)
    for index, raw in document.items(document.whole(list[Raw]), Raw):
        reader.entry(raw, index)
    parsed = gathering.parsed()
    return ParsedDocument(parsed.events, document.faults() + parsed.faults, reader.skipped)


class _Reader:
    """Reads the entries of a document, whatever they are."""

    def __init__(self, document: JsonDocument, options: Options, gathering: Gathering) -> None:
        self._document = document
        self._options = options
        self._gathering = gathering
        self.skipped: Counter[str] = Counter()

    def entry(self, raw: Raw, index: int) -> None:
        text = bytes(raw)
        if b'"resultKey"' in text:
            self._analysis(raw, index)
        elif self._options.asset is None:
            self._document.blame(f"names no data set: {self._options.door.name_asset}", index)
        elif b'"constraint_status"' in text:
            result = self._document.inner(raw, CheckResult, index)
            if result is not None:
                self._gathering.add([_checked(result, self._options.asset)], None, {})
        else:
            found = self._flat(raw, self._options.asset, index)
            self._gathering.add(found, None, {})

    def _flat(self, raw: Raw, asset: str, index: int) -> list[Finding]:
        named = self._document.inner(raw, Named, index)
        if named is None:
            return []
        if named.name not in SHARES:
            self.skipped[DESCRIBES.format(named.name)] += 1
            return []
        return list(self._share(raw, asset, named.name, None, index))

    def _analysis(self, raw: Raw, index: int) -> None:
        analysis = self._document.inner(raw, Analysis, index)
        if analysis is None:
            return
        key = analysis.result_key
        tags = {name.lower(): value for name, value in key.tags.items()}
        asset = next((str(tags[tag]) for tag in NAME_TAGS if tags.get(tag)), self._options.asset)
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
