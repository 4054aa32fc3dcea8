"""Dbt: run_results.json of any version, and sources.json of `dbt source freshness`.

Tests are checks of the model, seed, snapshot or source they belong to; a model that
failed to build is an open issue. Without manifest.json a test's model is found by the
model results of the same run, by the relation in its compiled SQL, or by its name.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from msgspec import Raw, Struct

from feeds.adapters.dbt_manifest import Manifest, plain_relation, read_manifest
from feeds.adapters.options import Options
from feeds.document import JsonDocument, ParsedDocument
from feeds.findings import Finding, Occasion, Verdict, derive
from feeds.moments import moment

JOBS: Final = frozenset({"model", "seed", "snapshot", "source"})
TESTS: Final = frozenset({"test", "unit_test"})
VERDICTS: Final = {
    "pass": Verdict.PASSED,
    "success": Verdict.PASSED,  # of tests, seen in the wild
    "warn": Verdict.WARNED,
    "fail": Verdict.FAILED,
    "error": Verdict.ERRORED,
    "runtime error": Verdict.ERRORED,
}
IGNORED: Final = frozenset({"skipped", "no-op", "partial success"})
_RELATION: Final = re.compile(r"\bfrom\s+([`\"\w\[\]$-]+(?:\.[`\"\w\[\]$-]+)*)", re.IGNORECASE)


class Metadata(Struct, frozen=True):
    """Head of an artifact."""

    dbt_schema_version: str | None = None
    generated_at: Any = None
    invocation_id: str | None = None


class Artifact(Struct):
    """A run_results.json or sources.json."""

    results: list[Raw]
    metadata: Metadata = Metadata()
    generated_at: Any = None


class OldNode(Struct):
    """Where artifacts before v1 keep the id."""

    unique_id: str | None = None


class Result(Struct):
    """One node's result. Status and failures are read leniently."""

    status: Any = None
    unique_id: str | None = None
    node: OldNode | None = None
    failures: int | str | None = None
    relation_name: str | None = None
    compiled_code: str | None = None
    compiled_sql: str | None = None
    max_loaded_at: Any = None
    fail: bool | None = None
    error: Any = None


def read(body: bytes, options: Options) -> ParsedDocument:
    """Return the events of a dbt artifact.

    Raises:
        Malformed: it is none, or the manifest is none.
    """
    document = JsonDocument(body)
    artifact = document.whole(Artifact)
    manifest = read_manifest(options.manifest)
    results = list(document.items(artifact.results, Result, "results"))
    built = _relations(results)
    findings: list[Finding] = []
    for index, result in results:
        try:
            findings += _findings(result, manifest, built)
        except UnknownStatus as error:
            document.blame(str(error), "results", index, "status")
        except MissingId:
            document.blame("unique_id is missing", "results", index)
    head = artifact.metadata
    when = moment(head.generated_at or artifact.generated_at) or options.received
    context = {"run": head.invocation_id} if head.invocation_id else {}
    occasion = Occasion(options.identity(body), "dbt", when, context)
    parsed = derive(findings, occasion, options.mapping)
    return ParsedDocument(parsed.events, document.faults + parsed.faults)


class UnknownStatus(ValueError):
    """A status that no version of dbt writes."""


class MissingId(ValueError):
    """A result of nothing."""


def _findings(result: Result, manifest: Manifest, built: dict[str, str]) -> Iterator[Finding]:
    unique_id = _unique_id(result)
    if unique_id is None:
        raise MissingId
    verdict = _verdict(result)
    kind = unique_id.partition(".")[0]
    if verdict is None:
        return
    if kind in TESTS:
        yield _test(unique_id, verdict, result, manifest, built)
    elif kind == "source":
        # In sources.json `error` means too old, which is what `fail` means elsewhere.
        too_old = verdict is Verdict.ERRORED and result.max_loaded_at is not None
        yield Finding(
            asset=manifest.asset(unique_id) or _plain_id(unique_id),
            check="freshness",
            verdict=Verdict.FAILED if too_old else verdict,
        )
    elif kind in JOBS:
        ran = verdict is Verdict.PASSED
        yield Finding(
            asset=manifest.asset(unique_id) or built.get(unique_id) or _plain_id(unique_id),
            check=f"{kind}_run",
            verdict=Verdict.RAN if ran else Verdict.ERRORED,
        )


def _test(
    unique_id: str, verdict: Verdict, result: Result, manifest: Manifest, built: dict[str, str]
) -> Finding:
    test = manifest.test(unique_id)
    if test is not None and test.asset is not None:
        return Finding(
            asset=test.asset,
            check=test.check,
            verdict=verdict,
            column=test.column,
            dimension=test.dimension,
            name=test.name,
        )
    name = _test_name(unique_id)
    check, target = split_test_name(name)
    asset = _built_asset(target, built) or _queried(result) or f"{_package(unique_id)}.{target}"
    return Finding(asset=asset, check=check, verdict=verdict, name=name)


def split_test_name(name: str) -> tuple[str, str]:
    """Part a generic test's name: `not_null_orders_id` -> (`not_null`, `orders_id`)."""
    for prefix in GENERIC_TESTS:
        if name.startswith(prefix + "_"):
            return prefix.removeprefix("source_"), name.removeprefix(prefix + "_")
    return name, name


GENERIC_TESTS: Final = tuple(
    origin + test
    for origin in ("source_", "")
    for test in (
        "not_null",
        "unique",
        "accepted_values",
        "relationships",
        "dbt_utils_unique_combination_of_columns",
        "dbt_utils_expression_is_true",
        "dbt_utils_not_null_proportion",
        "dbt_utils_accepted_range",
        "dbt_utils_equal_rowcount",
        "dbt_utils_at_least_one",
        "dbt_utils_recency",
        "dbt_utils_equality",
        "dbt_utils_not_empty_string",
    )
)
"""The tests whose names begin with their type; others are checks named by themselves."""


def _relations(results: list[tuple[int, Result]]) -> dict[str, str]:
    """Return the asset of every model of the run, by its unique_id."""
    found = {}
    for _, result in results:
        unique_id = _unique_id(result)
        if unique_id and unique_id.partition(".")[0] in JOBS:
            relation = plain_relation(result.relation_name)
            found[unique_id] = relation or _plain_id(unique_id)
    return found


def _built_asset(target: str, built: dict[str, str]) -> str | None:
    """Return the asset of the model whose name begins `target`, the longest such name."""
    best = ""
    asset = None
    for unique_id, candidate in built.items():
        name = unique_id.rpartition(".")[2]
        if len(name) > len(best) and (target == name or target.startswith(name + "_")):
            best, asset = name, candidate
    return asset


def _queried(result: Result) -> str | None:
    code = result.compiled_code or result.compiled_sql
    match = _RELATION.search(code) if code else None
    relation = plain_relation(match[1]) if match else None
    # A name without a dot may be a CTE.
    return relation if relation and "." in relation else None


def _verdict(result: Result) -> Verdict | None:
    """Return the verdict of a status in any version's spelling, None where it was not run."""
    status = result.status
    if status is None:
        # Before v1: `fail` and `error` beside an empty status.
        status = "error" if result.error else "fail" if result.fail else "pass"
    if isinstance(status, int):
        status = "fail" if status else "pass"
    text = str(status).strip().lower()
    if text in IGNORED:
        return None
    # Old versions count in it: `FAIL 3`.
    verdict = VERDICTS.get(text) or VERDICTS.get(text.partition(" ")[0])
    if verdict is None:
        raise UnknownStatus(f"unknown status {status!r}")
    return verdict


def _unique_id(result: Result) -> str | None:
    return result.unique_id or (result.node.unique_id if result.node else None)


def _test_name(unique_id: str) -> str:
    """Return a test's name: without kind and package before and the hash behind."""
    parts = unique_id.split(".", 2)
    rest = parts[2] if len(parts) > 2 else parts[-1]
    name, dot, tail = rest.rpartition(".")
    return name if dot and re.fullmatch(r"[0-9a-f]{10}", tail) else rest


def _package(unique_id: str) -> str:
    return unique_id.split(".")[1] if "." in unique_id else unique_id


def _plain_id(unique_id: str) -> str:
    """Return `shop.orders` for `model.shop.orders`."""
    return unique_id.partition(".")[2] or unique_id
