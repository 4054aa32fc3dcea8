"""Dbt: run_results.json of any version, and sources.json of `dbt source freshness`.

Tests are checks of the model, seed, snapshot or source they belong to; a model that
failed to build, or only in part, is an open issue, and a failed hook one of its project.
Without manifest.json a test's model is found by the model results of the same run, by
the one relation that its compiled SQL asks, or by its name.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from msgspec import Raw, Struct

from feeds.adapters.dbt_manifest import Manifest, plain_relation, read_manifest
from feeds.adapters.dbt_sql import SqlReader
from feeds.document import ParsedDocument
from feeds.finding import Finding, Verdict
from feeds.gathering import Gathering
from feeds.json_document import JsonDocument
from feeds.options import Options

JOBS: Final = frozenset({"model", "seed", "snapshot", "source", "function"})
TESTS: Final = frozenset({"test", "unit_test"})
VERDICTS: Final = {
    "pass": Verdict.PASSED,
    "success": Verdict.PASSED,  # of tests, seen in the wild
    "warn": Verdict.WARNED,
    "fail": Verdict.FAILED,
    "error": Verdict.ERRORED,
    "runtime error": Verdict.ERRORED,
    "partial success": Verdict.ERRORED,
    "cancelled": Verdict.ERRORED,
    "canceled": Verdict.ERRORED,
}
NOT_RUN: Final = frozenset({"skipped", "no-op", "no op", "noop", "reused"})
"""Nothing was done: upstream failed, there is nothing to do, or an engine took what there was."""
RUN_NOTHING: Final = frozenset({"compile", "generate", "docs", "parse", "list", "ls"})
"""Commands whose results say `success` of models and tests that they only compiled."""
LONGEST_NAME: Final = 512


class Metadata(Struct, frozen=True):
    """Head of an artifact."""

    generated_at: Any = None
    invocation_id: str | None = None


class Arguments(Struct, frozen=True):
    """How dbt was called."""

    which: Any = None
    rpc_method: Any = None


class Artifact(Struct):
    """A run_results.json or sources.json."""

    results: list[Raw]
    metadata: Metadata | None = None
    args: Arguments | None = None
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
    skip: Any = None
    warn: Any = None
    fail: Any = None
    error: Any = None


class UnknownStatus(ValueError):
    """A status that no version of dbt writes."""


def read(body: bytes, options: Options) -> ParsedDocument:
    """Return the events of a dbt artifact.

    Raises:
        Malformed: it is none, or the manifest is none.
    """
    document = JsonDocument(body, options.door)
    artifact = document.whole(Artifact)
    manifest = read_manifest(options.manifest, options.door)
    head = artifact.metadata or Metadata()
    when = document.time(head.generated_at, "metadata", "generated_at")
    when = when or document.time(artifact.generated_at, "generated_at")
    results = list(document.items(artifact.results, Result, "results"))
    reader = _RunReader(document, manifest, SqlReader(options.door, document.entries), results)
    command = artifact.args.which or artifact.args.rpc_method if artifact.args else None
    if isinstance(command, str) and command.partition(".")[0] in RUN_NOTHING:
        reader.skipped[f"results of `dbt {command}`, which runs nothing"] += len(results)
        findings = []
    else:
        findings = list(reader.findings())
    gathering = Gathering(options, "dbt", options.identity(body))
    gathering.add(findings, when, {"run": head.invocation_id})
    parsed = gathering.parsed()
    return ParsedDocument(parsed.events, document.faults() + parsed.faults, reader.skipped)


class _RunReader:
    """Reads the results of a run."""

    def __init__(
        self,
        document: JsonDocument,
        manifest: Manifest,
        sql: SqlReader,
        results: list[tuple[int, Result]],
    ) -> None:
        self._document = document
        self._manifest = manifest
        self._sql = sql
        self._results = results
        self._built = _Built(results)
        self.skipped: Counter[str] = Counter()

    def findings(self) -> Iterator[Finding]:
        for index, result in self._results:
            unique_id = _unique_id(result)
            if unique_id is None:
                self._document.blame("unique_id is missing", "results", index)
                continue
            try:
                verdict = _verdict(result)
            except UnknownStatus as error:
                self._document.blame(str(error), "results", index, "status")
                continue
            kind = unique_id.partition(".")[0]
            if verdict is None:
                what = kind.replace("_", " ")
                self.skipped[f"{what}s that did not run ({result.status})"] += 1
            elif kind in TESTS:
                yield self._test(unique_id, verdict, result)
            else:
                yield self._job(unique_id, kind, verdict, result)

    def _job(self, unique_id: str, kind: str, verdict: Verdict, result: Result) -> Finding:
        ran = Verdict.RAN if verdict is Verdict.PASSED else Verdict.ERRORED
        if kind not in JOBS:
            # A hook, an export ...: of no table, but of its project.
            name = _plain_id(unique_id)
            return Finding(asset=_package(unique_id), check=f"{kind}_run", verdict=ran, name=name)
        asset = self._manifest.asset(unique_id) or self._built.asset(unique_id)
        if kind == "source":
            # In sources.json `error` means too old, which is what `fail` means elsewhere.
            too_old = verdict is Verdict.ERRORED and result.max_loaded_at is not None
            return Finding(
                asset=asset, check="freshness", verdict=Verdict.FAILED if too_old else verdict
            )
        return Finding(asset=asset, check=f"{kind}_run", verdict=ran)

    def _test(self, unique_id: str, verdict: Verdict, result: Result) -> Finding:
        test = self._manifest.test(unique_id)
        if test is not None and test.asset is not None:
            return Finding(
                asset=test.asset,
                check=test.check,
                verdict=verdict,
                column=test.column,
                dimension=test.dimension,
                name=test.name,
            )
        package = _package(unique_id)
        if unique_id.startswith("unit_test."):
            model, _, name = unique_id.removeprefix(f"unit_test.{package}.").partition(".")
            asset = self._built.of(model, package) or f"{package}.{model}"
            return Finding(asset=asset, check="unit_test", verdict=verdict, name=name or model)
        name = _test_name(unique_id)
        check, target = split_test_name(name)
        asset = (
            self._built.of(target, package)
            or self._sql.relation(result.compiled_code or result.compiled_sql, target)
            or f"{package}.{target}"
        )
        return Finding(asset=asset, check=check, verdict=verdict, name=name)


class _Built:
    """The models that a run's results name, by id and by name."""

    def __init__(self, results: list[tuple[int, Result]]) -> None:
        self._assets: dict[str, str] = {}
        self._named: dict[str, dict[str, str]] = {}
        for _, result in results:
            unique_id = _unique_id(result)
            if unique_id is None or unique_id.partition(".")[0] not in JOBS:
                continue
            asset = plain_relation(result.relation_name) or _plain_id(unique_id)
            self._assets[unique_id] = asset
            by_package = self._named.setdefault(_table_name(unique_id), {})
            by_package.setdefault(_package(unique_id), asset)
        self._longest = max(map(len, self._named), default=0)

    def asset(self, unique_id: str) -> str:
        """Return the asset of a model."""
        return self._assets.get(unique_id) or _plain_id(unique_id)

    def of(self, target: str, package: str) -> str | None:
        """Return the asset of the model whose name begins `target`, the longest such name."""
        longest = min(self._longest, LONGEST_NAME)
        name = target if len(target) <= longest else target[: longest + 1].rpartition("_")[0]
        while name:
            if name in self._named:
                by_package = self._named[name]
                return by_package.get(package) or next(iter(by_package.values()))
            name = name.rpartition("_")[0]
        return None


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


def _verdict(result: Result) -> Verdict | None:
    """Return the verdict of a status in any version's spelling, None where it was not run."""
    status = result.status
    if result.node is not None or status is None:
        if result.skip:
            return None
        status = _flagged(result) or status
    if isinstance(status, int):
        status = "fail" if status else "pass"
    text = str(status).strip().lower()
    if text in NOT_RUN:
        return None
    # Old versions count in it: `FAIL 3`.
    verdict = VERDICTS.get(text) or VERDICTS.get(text.partition(" ")[0])
    if verdict is None and result.node is not None:
        return Verdict.PASSED
    if verdict is None:
        raise UnknownStatus(f"unknown status {text[:60]!r}")
    return verdict


def _flagged(result: Result) -> str | None:
    """Return how a result before v1 ended.

    It says so beside the status, which is the count of failures or what the database said.
    """
    if result.error:
        return "error"
    if result.fail:
        return "fail"
    return "warn" if result.warn else "pass" if result.status is None else None


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


def _table_name(unique_id: str) -> str:
    """Return the name of a model as tests' names have it: `orders`, `orders_v2`, `raw_orders`."""
    parts = unique_id.split(".")[2:]
    return "_".join(parts) if parts else unique_id


def _plain_id(unique_id: str) -> str:
    """Return `shop.orders` for `model.shop.orders`."""
    return unique_id.partition(".")[2] or unique_id
