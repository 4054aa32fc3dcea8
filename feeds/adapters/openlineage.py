"""OpenLineage: the data-quality facets of run and dataset events.

Facets are taken from `facets`, `inputFacets` and `outputFacets` alike, under their
names and the alias `dataQuality`. Test results of the run itself (`TestRunFacet`) count
where no dataset has assertions: for the one dataset of the run, else for its job.
"""

from collections.abc import Iterator
from typing import Any, Final

from msgspec import Raw, Struct, field

from feeds.adapters.options import Options
from feeds.document import JsonDocument, ParsedDocument
from feeds.findings import Finding, Occasion, Verdict, derive
from feeds.moments import moment

FACETS: Final = ("facets", "inputFacets", "outputFacets")
ASSERTIONS: Final = ("dataQualityAssertions", "dataQuality")
METRICS: Final = ("dataQualityMetrics", "dataQuality")
STATUS: Final = {"pass": Verdict.PASSED, "fail": Verdict.FAILED, "error": Verdict.ERRORED}
Path = tuple[str | int, ...]


class Run(Struct, rename="camel"):
    """A run of a job."""

    run_id: str | None = None
    facets: dict[str, Raw] | None = None


class Job(Struct):
    """A job."""

    name: str
    namespace: str = ""


class Event(Struct, rename="camel"):
    """A run event, or a dataset event (which has `dataset`)."""

    event_time: Any = None
    event_type: str | None = None
    run: Run | None = None
    job: Job | None = None
    inputs: list[Raw] | None = None
    outputs: list[Raw] | None = None
    dataset: Raw = field(default_factory=Raw)


class Dataset(Struct, rename="camel"):
    """A dataset and its facets."""

    name: str
    namespace: str = ""
    facets: dict[str, Raw] | None = None
    input_facets: dict[str, Raw] | None = None
    output_facets: dict[str, Raw] | None = None


class AssertionsFacet(Struct):
    """Results of tests on a dataset; the alias may hold metrics instead."""

    assertions: list[Raw] | None = None


class Assertion(Struct):
    """One test's result."""

    assertion: str
    success: bool
    column: str | None = None
    severity: str | None = None
    name: str | None = None


class ColumnMetrics(Struct, rename="camel"):
    """What was counted in a column."""

    null_count: int | None = None


class MetricsFacet(Struct, rename="camel"):
    """What was counted in a dataset."""

    row_count: int | None = None
    column_metrics: dict[str, Raw] | None = None


class TestsFacet(Struct):
    """Tests of a run."""

    tests: list[Raw] | None = None


class Test(Struct):
    """One test's result."""

    name: str
    status: str
    severity: str | None = None
    type: str | None = None


def read(body: bytes, options: Options) -> ParsedDocument:
    """Return the events of one OpenLineage event, or of an array of them.

    Raises:
        Malformed: it is neither.
    """
    document = JsonDocument(body)
    events: list[tuple[Path, Event]]
    if bytes(document.whole(Raw)).lstrip().startswith(b"["):
        raws = document.whole(list[Raw])
        events = [((index,), event) for index, event in document.items(raws, Event)]
    else:
        events = [((), document.whole(Event))]
    parsed = ParsedDocument()
    for path, event in events:
        derived = _EventReader(document, event, path).derive(options, body)
        parsed.events.extend(derived.events)
        parsed.faults.extend(derived.faults)
    parsed.faults[:0] = document.faults
    return parsed


class _EventReader:
    """Reads one event of a document."""

    def __init__(self, document: JsonDocument, event: Event, path: Path) -> None:
        self._document = document
        self._event = event
        self._path = path

    def derive(self, options: Options, body: bytes) -> ParsedDocument:
        event = self._event
        datasets = list(self._datasets())
        findings: list[Finding] = []
        for path, dataset in datasets:
            findings += self._dataset(path, dataset)
        if not any(finding.verdict is not Verdict.MEASURED for finding in findings):
            findings += self._run({asset_name(dataset) for _, dataset in datasets})
        context = {"run": event.run.run_id} if event.run and event.run.run_id else {}
        if event.job:
            context["job"] = asset_name(event.job)
        identity = options.identity(body, repr(self._path).encode())
        when = moment(event.event_time) or options.received
        # The same facet may stand on the input and on the output.
        once = list(dict.fromkeys(findings))
        return derive(once, Occasion(identity, "openlineage", when, context), options.mapping)

    def _datasets(self) -> Iterator[tuple[Path, Dataset]]:
        event = self._event
        for name, raws in (("inputs", event.inputs), ("outputs", event.outputs)):
            path = (*self._path, name)
            for index, dataset in self._document.items(raws or [], Dataset, *path):
                yield (*path, index), dataset
        if bytes(event.dataset) not in (b"", b"null"):
            path = (*self._path, "dataset")
            alone = self._document.part(event.dataset, Dataset, *path)
            if alone is not None:
                yield path, alone

    def _dataset(self, path: Path, dataset: Dataset) -> Iterator[Finding]:
        asset = asset_name(dataset)
        groups = (dataset.facets, dataset.input_facets, dataset.output_facets)
        for group, facets in zip(FACETS, groups, strict=True):
            for name in ASSERTIONS:
                if facets and name in facets:
                    yield from self._assertions(asset, facets[name], (*path, group, name))
            for name in METRICS:
                if facets and name in facets:
                    yield from self._metrics(asset, facets[name], (*path, group, name))

    def _assertions(self, asset: str, raw: Raw, path: Path) -> Iterator[Finding]:
        facet = self._document.part(raw, AssertionsFacet, *path)
        raws = (facet.assertions if facet else None) or []
        for _, one in self._document.items(raws, Assertion, *path, "assertions"):
            yield Finding(
                asset=asset,
                check=one.assertion,
                verdict=_verdict(one.success, one.severity),
                column=one.column,
                name=one.name,
            )

    def _metrics(self, asset: str, raw: Raw, path: Path) -> Iterator[Finding]:
        """Yield the completeness of each column: 1 - nullCount / rowCount."""
        facet = self._document.part(raw, MetricsFacet, *path)
        if facet is None or not facet.row_count:
            return
        for column, raw_metrics in (facet.column_metrics or {}).items():
            where = (*path, "columnMetrics", column)
            metrics = self._document.part(raw_metrics, ColumnMetrics, *where)
            if metrics is not None and metrics.null_count is not None:
                share = 1.0 - metrics.null_count / facet.row_count
                yield Finding(
                    asset=asset,
                    check="not_null",
                    verdict=Verdict.MEASURED,
                    share=share,
                    column=column,
                )

    def _run(self, datasets: set[str]) -> Iterator[Finding]:
        event = self._event
        facets = (event.run.facets if event.run else None) or {}
        if len(datasets) == 1:
            (asset,) = datasets
        elif event.job is not None:
            asset = asset_name(event.job)
        else:
            return
        for name, raw in facets.items():
            if b'"tests"' not in bytes(raw):
                continue
            path = (*self._path, "run", "facets", name)
            facet = self._document.part(raw, TestsFacet, *path)
            raws = (facet.tests if facet else None) or []
            for index, test in self._document.items(raws, Test, *path, "tests"):
                if test.status == "skip":
                    continue
                if test.status not in STATUS:
                    where = (*path, "tests", index, "status")
                    self._document.blame(f"unknown status {test.status!r}", *where)
                    continue
                verdict = STATUS[test.status]
                if verdict is not Verdict.ERRORED:
                    verdict = _verdict(verdict is Verdict.PASSED, test.severity)
                yield Finding(
                    asset=asset, check=test.type or test.name, verdict=verdict, name=test.name
                )


def asset_name(named: Dataset | Job) -> str:
    """Return `namespace.name`, or `namespace/name` where the namespace is an address."""
    separator = "/" if "://" in named.namespace else "."
    return f"{named.namespace}{separator}{named.name}" if named.namespace else named.name


def _verdict(success: bool, severity: str | None) -> Verdict:
    if success:
        return Verdict.PASSED
    return Verdict.WARNED if str(severity).lower() in {"warn", "warning"} else Verdict.FAILED
