"""Great Expectations: validation and checkpoint results of 0.x and 1.x.

Takes one validation result, an array of them, a checkpoint result (`run_results`), or
what a 1.x checkpoint describes (`validation_results`).
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from msgspec import Raw, Struct, field

from feeds.document import ParsedDocument
from feeds.finding import Finding, Verdict
from feeds.gathering import Gathering
from feeds.json_document import JsonDocument
from feeds.moments import moment
from feeds.options import Options

MILD: Final = frozenset({"warning", "info"})
MOST_UNLISTED: Final = 10_000
Path = tuple[str | int, ...]
_PART: Final = re.compile(
    r"-(?:year|quarter|month|week|day|date|datetime|hour|minute|second|timestamp|path|file"
    r"|batch|partition|quotient|remainder|index)\w*?_"
)
"""Where a batch's own part of its id begins: the options of the library's partitioners."""


class BatchDefinition(Struct):
    """Where the data came from."""

    datasource_name: str | None = None
    data_asset_name: str | None = None


class BatchKwargs(Struct):
    """What 0.13 and before have in its place."""

    datasource: str | None = None
    data_asset_name: str | None = None
    schema: str | None = None
    table: str | None = None


class RunId(Struct):
    """A run's name and time."""

    run_name: str | None = None
    run_time: Any = None


class Meta(Struct):
    """What is said about a validation."""

    active_batch_definition: BatchDefinition | None = None
    batch_kwargs: BatchKwargs | None = None
    run_id: RunId | str | None = None
    validation_time: Any = None
    checkpoint_name: str | None = None
    expectation_suite_name: str | None = None


class Config(Struct):
    """An expectation."""

    type: str | None = None
    expectation_type: str | None = None
    kwargs: dict[str, Any] = {}
    severity: str | None = None
    meta: Any = None


class Result(Struct):
    """One expectation's result; `expectation_type` and `kwargs` at the top when described."""

    success: bool | None = None
    expectation_config: Config | None = None
    expectation_type: str | None = None
    kwargs: dict[str, Any] = {}
    result: dict[str, Any] | None = None
    exception_info: Any = None


class Statistics(Struct):
    """Counts of a validation's expectations, of all that were evaluated."""

    evaluated_expectations: int | None = None
    successful_expectations: int | None = None


class Validation(Struct):
    """One suite against one batch; what a 1.x checkpoint describes has `expectations`."""

    success: bool | None = None
    results: list[Raw] | None = None
    expectations: list[Raw] | None = None
    statistics: Statistics | None = None
    meta: Meta | None = None
    suite_name: str | None = None
    expectation_suite_name: str | None = None


class Checkpoint(Struct):
    """Several validations, under either of the names the versions give them."""

    run_results: dict[str, Raw] = {}
    validation_results: list[Raw] = []
    run_id: RunId | str | None = None


class Wrapped(Struct):
    """What 0.x puts round a validation within a checkpoint result."""

    validation_result: Raw = field(default_factory=Raw)


@dataclass(frozen=True, slots=True)
class Placed:
    """A validation and the path to it."""

    path: Path
    validation: Validation


def read(body: bytes, options: Options) -> ParsedDocument:
    """Return the events of validation or checkpoint results.

    Raises:
        Malformed: it is neither.
    """
    document = JsonDocument(body, options.door)
    gathering = Gathering(options, "great-expectations", options.identity(body))
    checkpoint = Checkpoint() if document.is_array else document.whole(Checkpoint)
    run = document.time(_run_time(checkpoint.run_id), "run_id", "run_time")
    skipped: Counter[str] = Counter()
    for placed in _validations(document, checkpoint):
        reader = _ValidationReader(document, placed, options)
        gathering.add(list(reader.findings()), run or reader.time(), reader.context())
        skipped += reader.skipped
    parsed = gathering.parsed()
    return ParsedDocument(parsed.events, document.faults() + parsed.faults, skipped)


def _validations(document: JsonDocument, checkpoint: Checkpoint) -> Iterator[Placed]:
    if document.is_array:
        raws = document.whole(list[Raw])
        # The same result again, such as from a store's listing, says nothing new.
        seen: set[bytes] = set()
        for index, validation in document.items(raws, Validation):
            if (text := bytes(raws[index])) not in seen:
                seen.add(text)
                yield Placed((index,), validation)
    elif checkpoint.run_results:
        for key, raw in checkpoint.run_results.items():
            yield from _in_checkpoint(document, key, raw)
    elif checkpoint.validation_results:
        name = "validation_results"
        for index, validation in document.items(checkpoint.validation_results, Validation, name):
            yield Placed((name, index), validation)
    else:
        yield Placed((), document.whole(Validation))


def _in_checkpoint(document: JsonDocument, key: str, raw: Raw) -> Iterator[Placed]:
    path: Path = ("run_results", key)
    wrapped = document.part(raw, Wrapped, *path)
    if wrapped is None:
        return
    if bytes(wrapped.validation_result):
        raw, path = wrapped.validation_result, (*path, "validation_result")
    validation = document.inner(raw, Validation, *path)
    if validation is not None:
        yield Placed(path, validation)


class _ValidationReader:
    """Reads one validation of a document."""

    def __init__(self, document: JsonDocument, placed: Placed, options: Options) -> None:
        self._document = document
        self._validation = validation = placed.validation
        self._path = placed.path
        self._options = options
        self._meta = validation.meta or Meta()
        self._suite = (
            validation.suite_name
            or validation.expectation_suite_name
            or self._meta.expectation_suite_name
        )
        self.skipped: Counter[str] = Counter()

    def time(self) -> datetime | None:
        """Return the run's time, else the validation's."""
        meta, path = self._meta, (*self._path, "meta")
        run = _run_time(meta.run_id)
        return self._document.time(run, *path, "run_id", "run_time") or self._document.time(
            meta.validation_time, *path, "validation_time"
        )

    def context(self) -> dict[str, str | None]:
        return {"suite": self._suite, "checkpoint": self._meta.checkpoint_name}

    def findings(self) -> Iterator[Finding]:
        name, raws = self._results()
        asset = _asset(self._meta) or self._options.asset
        owners: dict[str, int] = {}
        for index, result in self._document.items(raws, Result, *self._path, name):
            path = (*self._path, name, index)
            owner = asset or _batch(result) or self._suite
            if owner is None:
                hint = self._options.door.name_asset
                self._document.blame(f"names no data asset: {hint}", *path)
                continue
            finding = _finding(result, owner)
            if finding is None:
                self._document.blame("expectation type is missing", *path)
                continue
            owners[owner] = owners.get(owner, 0) + (finding.verdict is Verdict.PASSED)
            yield finding
        yield from self._unlisted(len(raws), asset or self._suite, owners)

    def _results(self) -> tuple[str, list[Raw]]:
        validation = self._validation
        if validation.results is not None:
            return "results", validation.results
        if validation.expectations is not None and validation.success is not None:
            return "expectations", validation.expectations
        if validation.expectations is not None:
            said = "this is an expectation suite, not what came of it: give the validation result"
        else:
            said = "results is missing: this is no validation result"
        self._document.blame(said, *self._path)
        return "results", []

    def _unlisted(
        self, listed: int, named: str | None, owners: dict[str, int]
    ) -> Iterator[Finding]:
        """Yield the expectations that passed and are not listed, as `only_return_failures` does."""
        counts = self._validation.statistics or Statistics()
        evaluated, passed = counts.evaluated_expectations, counts.successful_expectations
        asset = next(iter(owners), named)
        if evaluated is None or passed is None or evaluated <= listed or asset is None:
            return
        unlisted = min(passed - sum(owners.values()), evaluated - listed)
        if not 0 < unlisted <= MOST_UNLISTED:
            return
        for _ in range(unlisted):
            yield Finding(asset=asset, check="unlisted", verdict=Verdict.PASSED)


def _finding(result: Result, asset: str) -> Finding | None:
    config = result.expectation_config or Config(kwargs=result.kwargs)
    check = config.type or config.expectation_type or result.expectation_type
    if check is None:
        return None
    column = config.kwargs.get("column")
    return Finding(
        asset=asset,
        check=check,
        verdict=_verdict(result, config),
        share=_share(result),
        column=column if isinstance(column, str) else None,
    )


def _verdict(result: Result, config: Config) -> Verdict:
    if result.success is None or _raised(result.exception_info):
        return Verdict.ERRORED
    if result.success:
        return Verdict.PASSED
    return Verdict.WARNED if str(config.severity).lower() in MILD else Verdict.FAILED


def _raised(info: Any) -> bool:
    """Tell whether the expectation broke; 1.x keeps one record per metric, 0.18 one in all."""
    if not isinstance(info, dict):
        return False
    if "raised_exception" in info:
        return bool(info["raised_exception"])
    return any(isinstance(one, dict) and one.get("raised_exception") for one in info.values())


def _share(result: Result) -> float | None:
    """Return the share of good rows: by counts, since old versions' percent is a fraction."""
    detail = result.result or {}
    bad, rows = _number(detail.get("unexpected_count")), _number(detail.get("element_count"))
    present = (rows or 0) - (_number(detail.get("missing_count")) or 0)
    if bad is not None and present > 0:
        return 1.0 - bad / present
    percent = _number(detail.get("unexpected_percent"))
    return None if percent is None else 1.0 - percent / 100.0


def _number(value: Any) -> float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _run_time(run: RunId | str | None) -> Any:
    """Return the time of a run; before 0.11 its id is one text, by default the time."""
    if isinstance(run, str):
        return run if moment(run) else None
    return run.run_time if run else None


def _asset(meta: Meta) -> str | None:
    batch, old = meta.active_batch_definition, meta.batch_kwargs
    if batch is not None and batch.data_asset_name:
        return _joined(batch.datasource_name, batch.data_asset_name)
    if old is not None and (old.data_asset_name or old.table):
        return _joined(old.datasource, old.data_asset_name or _joined(old.schema, old.table))
    return None


def _joined(*parts: str | None) -> str:
    return ".".join(part for part in parts if part)


def _batch(result: Result) -> str | None:
    """Return what the batch id `datasource-asset-year_2026` names, without the batch's part."""
    config = result.expectation_config or Config(kwargs=result.kwargs)
    batch_id = config.kwargs.get("batch_id")
    if not isinstance(batch_id, str) or "-" not in batch_id:
        return None
    datasource, _, rest = batch_id.partition("-")
    asset = _PART.split(rest, maxsplit=1)[0]
    return f"{datasource}.{asset}"
