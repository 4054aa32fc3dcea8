"""Great Expectations: validation and checkpoint results of 0.18 and 1.x.

Takes one validation result, an array of them, a checkpoint result (`run_results`), or
what a 1.x checkpoint describes (`validation_results`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from msgspec import Raw, Struct, field

from feeds.adapters.options import Options
from feeds.document import JsonDocument, ParsedDocument
from feeds.findings import Finding, Occasion, Verdict, derive
from feeds.moments import moment

MILD: Final = frozenset({"warning", "info"})


class BatchDefinition(Struct):
    """Where the data came from."""

    datasource_name: str | None = None
    data_asset_name: str | None = None


class RunId(Struct):
    """A run's name and time."""

    run_name: str | None = None
    run_time: Any = None


class Meta(Struct):
    """What is said about a validation."""

    active_batch_definition: BatchDefinition | None = None
    run_id: RunId | None = None
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


class Validation(Struct):
    """One suite against one batch."""

    results: list[Raw] | None = None
    expectations: list[Raw] | None = None
    meta: Meta | None = None
    suite_name: str | None = None
    expectation_suite_name: str | None = None


class Checkpoint(Struct):
    """Several validations, under either of the names the versions give them."""

    run_results: dict[str, Raw] = {}
    validation_results: list[Raw] = []
    run_id: RunId | None = None


class Wrapped(Struct):
    """What 0.18 puts round a validation within a checkpoint result."""

    validation_result: Raw = field(default_factory=Raw)


@dataclass(frozen=True, slots=True)
class Placed:
    """A validation and the path to it."""

    path: tuple[str | int, ...]
    validation: Validation


def read(body: bytes, options: Options) -> ParsedDocument:
    """Return the events of a validation or checkpoint result.

    Raises:
        Malformed: it is neither.
    """
    document = JsonDocument(body)
    parsed = ParsedDocument()
    for number, placed in enumerate(_validations(document)):
        findings, when, context = _read_one(document, placed, options)
        identity = options.identity(body, str(number).encode())
        occasion = Occasion(identity, "great-expectations", when or options.received, context)
        derived = derive(findings, occasion, options.mapping)
        parsed.events.extend(derived.events)
        parsed.faults.extend(derived.faults)
    parsed.faults[:0] = document.faults
    return parsed


def _validations(document: JsonDocument) -> Iterator[Placed]:
    top = document.whole(Raw)
    if bytes(top).lstrip().startswith(b"["):
        for index, validation in document.items(document.whole(list[Raw]), Validation):
            yield Placed((index,), validation)
        return
    checkpoint = document.whole(Checkpoint)
    if checkpoint.run_results:
        for key, raw in checkpoint.run_results.items():
            yield from _in_checkpoint(document, key, raw)
    elif checkpoint.validation_results:
        name = "validation_results"
        for index, validation in document.items(checkpoint.validation_results, Validation, name):
            yield Placed((name, index), validation)
    else:
        yield Placed((), document.whole(Validation))


def _in_checkpoint(document: JsonDocument, key: str, raw: Raw) -> Iterator[Placed]:
    path: tuple[str | int, ...] = ("run_results", key)
    wrapped = document.part(raw, Wrapped, *path)
    if wrapped is None:
        return
    if bytes(wrapped.validation_result):
        raw, path = wrapped.validation_result, (*path, "validation_result")
    validation = document.part(raw, Validation, *path)
    if validation is not None:
        yield Placed(path, validation)


def _read_one(
    document: JsonDocument, placed: Placed, options: Options
) -> tuple[list[Finding], datetime | None, dict[str, Any]]:
    validation, path = placed.validation, placed.path
    name = "results" if validation.results is not None else "expectations"
    raws = validation.results if validation.results is not None else validation.expectations
    if raws is None:
        document.blame("results is missing: this is no validation result", *path)
        return [], None, {}
    meta = validation.meta or Meta()
    suite = (
        validation.suite_name or validation.expectation_suite_name or meta.expectation_suite_name
    )
    asset = _asset(meta) or options.asset
    findings = []
    for index, result in document.items(raws, Result, *path, name):
        owner = asset or _batch(result) or suite
        if owner is None:
            document.blame("names no data asset: give one with --asset", *path, name, index)
            continue
        finding = _finding(result, owner)
        if finding is None:
            document.blame("expectation type is missing", *path, name, index)
        else:
            findings.append(finding)
    when = moment(meta.run_id.run_time if meta.run_id else None) or moment(meta.validation_time)
    named = {"suite": suite, "checkpoint": meta.checkpoint_name}
    return findings, when, {key: value for key, value in named.items() if value}


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


def _asset(meta: Meta) -> str | None:
    batch = meta.active_batch_definition
    if batch is None or not batch.data_asset_name:
        return None
    return ".".join(part for part in (batch.datasource_name, batch.data_asset_name) if part)


def _batch(result: Result) -> str | None:
    """Return the batch id, `datasource-asset`, where the result names no more than that."""
    config = result.expectation_config or Config(kwargs=result.kwargs)
    batch_id = config.kwargs.get("batch_id")
    if not isinstance(batch_id, str) or "-" not in batch_id:
        return None
    datasource, _, asset = batch_id.partition("-")
    return f"{datasource}.{asset}"
