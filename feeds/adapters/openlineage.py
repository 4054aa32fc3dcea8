"""OpenLineage: the data-quality facets of run and dataset events.

Facets are taken from `facets`, `inputFacets` and `outputFacets` alike, under their
names and the alias `dataQuality`. Test results of the run itself (`TestRunFacet`) count
where no dataset has assertions: for the one dataset of the run, else for its job.

A job may send one event per test, so what runs with the same parent say of an asset is
gathered, and counts together with what other jobs last said of it: see `feeds.memory`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from msgspec import Raw, Struct, field

from feeds.adapters.rows import documents
from feeds.document import Fault, ParsedDocument
from feeds.finding import Finding, Verdict, Word
from feeds.gathering import Gathering
from feeds.json_document import JsonDocument
from feeds.options import Options

FACETS: Final = ("facets", "inputFacets", "outputFacets")
ASSERTIONS: Final = ("dataQualityAssertions", "dataQuality", "greatExpectations_assertions")
METRICS: Final = ("dataQualityMetrics", "dataQuality")
STATUS: Final = {"pass": Verdict.PASSED, "fail": Verdict.FAILED, "error": Verdict.ERRORED}
SINGULAR: Final = "singular"
SKIPPED: Final = frozenset({"skip", "skipped"})
NO_EVENT: Final = "no OpenLineage event: it needs eventTime, and run and job, or dataset, or job"
WITHOUT: Final = "events that tell nothing of quality"
REPEATS: Final = 5
"""A document may make its asset's findings count so many times its own bound of entries."""
Path = tuple[str | int, ...]


class ParentRun(Struct, rename="camel"):
    """The run that a run is a part of."""

    run_id: str | None = None


class Parent(Struct):
    """The facet that names it."""

    run: ParentRun | None = None


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
    """One test's result. Great Expectations' own facet has other names for it."""

    success: bool
    assertion: str | None = None
    expectation_type: str | None = field(default=None, name="expectationType")
    column: str | None = None
    column_id: str | None = field(default=None, name="columnId")
    severity: str | None = None
    name: str | None = None


class ColumnMetrics(Struct, rename="camel"):
    """What was counted in a column."""

    null_count: int | float | None = None


class MetricsFacet(Struct, rename="camel"):
    """What was counted in a dataset."""

    row_count: int | float | None = None
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
    """Return the events of one OpenLineage event, of an array of them, or of one a line.

    Raises:
        Malformed: it is none of them.
    """
    words: list[Word] = []
    faults: list[Fault] = []
    skipped: Counter[str] = Counter()
    identity = options.identity(body)
    for document, number in documents(body, faults, options.door):
        for path, event in _events(document):
            reader = _EventReader(document, event, path)
            said = list(reader.words(options, identity))
            words += said
            skipped += reader.skipped if said else Counter({WITHOUT: 1})
        faults += [fault.below(number) for fault in document.faults()]
    told = retell(words, options)
    return ParsedDocument(told.events, faults + told.faults, skipped, words)


def retell(words: Iterable[Word], options: Options) -> ParsedDocument:
    """Return the metrics that follow from what was said, together with what is remembered.

    Raises:
        Malformed: an asset is spoken of so often that it would take too long.
    """
    gathered: dict[tuple[str, str], list[Word]] = {}
    for word in words:
        gathered.setdefault((word.asset, word.gather), []).append(word)
    gathering = Gathering(options, "openlineage", "")
    counted = 0
    for own in sorted(gathered.values(), key=lambda own: max(word.when for word in own)):
        last = max(own, key=lambda word: word.when)
        findings = _once(options.memory.told(own))
        counted += len(findings)
        options.door.check_entries(counted // REPEATS)
        context: dict[str, str | None] = {"run": last.gather, "job": last.job}
        gathering.add(findings, last.when, context, last.identity)
    return gathering.parsed()


def _once(findings: list[Finding]) -> list[Finding]:
    """Leave out a run's tests that are told of as assertions too, as dbt's singular tests are."""
    asserted = {finding.check for finding in findings}
    return [
        finding
        for finding in findings
        if finding.check != SINGULAR or (finding.name or "").rpartition(".")[2] not in asserted
    ]


def _events(document: JsonDocument) -> Iterator[tuple[Path, Event]]:
    if document.is_array:
        raws = document.whole(list[Raw])
        found: Iterable[tuple[Path, Event]] = (
            ((index,), event) for index, event in document.items(raws, Event)
        )
    else:
        event = document.part(Raw(document.text), Event)
        found = [] if event is None else [((), event)]
    for path, event in found:
        subject = event.run is not None or event.job is not None or _given(event.dataset)
        if subject and event.event_time is not None:
            yield path, event
        else:
            document.blame(NO_EVENT, *path)


def _given(raw: Raw) -> bool:
    return bytes(raw) not in (b"", b"null")


@dataclass(frozen=True, slots=True)
class _Located:
    """A dataset, and the path to it."""

    path: Path
    dataset: Dataset


class _EventReader:
    """Reads one event of a document."""

    def __init__(self, document: JsonDocument, event: Event, path: Path) -> None:
        self._document = document
        self._event = event
        self._path = path
        self.skipped: Counter[str] = Counter()

    def words(self, options: Options, identity: str) -> Iterator[Word]:
        """Yield what the event says of each asset."""
        datasets = list(self._datasets())
        findings: dict[str, Counter[Finding]] = {}
        for located in datasets:
            for facet in self._facets(located):
                # The same facet may stand on the input and on the output: of each finding
                # count as many as the fullest facet has, not one, since tests may look alike.
                asset = asset_name(located.dataset)
                findings[asset] = findings.get(asset, Counter()) | Counter(facet)
        if not any(f.verdict is not Verdict.MEASURED for own in findings.values() for f in own):
            for finding in self._run({asset_name(one.dataset) for one in datasets}):
                findings.setdefault(finding.asset, Counter())[finding] += 1
        if not any(findings.values()):
            return
        when = self._document.time(self._event.event_time, *self._path, "eventTime")
        run = (self._event.run.run_id if self._event.run else None) or repr(self._path)
        gather = self._parent() or run
        job = asset_name(self._event.job) if self._event.job else ""
        told = f"{gather} {when.isoformat() if when else identity}"
        for asset, own in findings.items():
            if own:
                found = tuple(own.elements())
                yield Word(asset, job, run, gather, when or options.received, told, found)

    def _parent(self) -> str | None:
        facets = (self._event.run.facets if self._event.run else None) or {}
        if "parent" not in facets:
            return None
        path = (*self._path, "run", "facets", "parent")
        parent = self._document.part(facets["parent"], Parent, *path)
        return parent.run.run_id if parent and parent.run else None

    def _datasets(self) -> Iterator[_Located]:
        event = self._event
        for name, raws in (("inputs", event.inputs), ("outputs", event.outputs)):
            path = (*self._path, name)
            for index, dataset in self._document.items(raws or [], Dataset, *path):
                yield _Located((*path, index), dataset)
        if _given(event.dataset):
            path = (*self._path, "dataset")
            alone = self._document.part(event.dataset, Dataset, *path)
            if alone is not None:
                yield _Located(path, alone)

    def _facets(self, located: _Located) -> Iterator[list[Finding]]:
        """Yield the findings of each facet of a dataset."""
        dataset, asset = located.dataset, asset_name(located.dataset)
        groups = (dataset.facets, dataset.input_facets, dataset.output_facets)
        for group, facets in zip(FACETS, groups, strict=True):
            for name in ASSERTIONS:
                if facets and name in facets:
                    path = (*located.path, group, name)
                    yield list(self._assertions(asset, facets[name], path))
            for name in METRICS:
                if facets and name in facets:
                    path = (*located.path, group, name)
                    yield list(self._metrics(asset, facets[name], path))

    def _assertions(self, asset: str, raw: Raw, path: Path) -> Iterator[Finding]:
        facet = self._document.part(raw, AssertionsFacet, *path)
        raws = (facet.assertions if facet else None) or []
        for index, one in self._document.items(raws, Assertion, *path, "assertions"):
            check = one.assertion or one.expectation_type
            if check is None:
                self._document.blame("assertion is missing", *path, "assertions", index)
                continue
            yield Finding(
                asset=asset,
                check=check,
                verdict=_verdict(one.success, one.severity),
                column=one.column or one.column_id,
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
                if test.status in SKIPPED:
                    self.skipped["tests that were skipped"] += 1
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
