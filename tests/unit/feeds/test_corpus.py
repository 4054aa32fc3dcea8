"""Every version of every format, and what must come of it: see corpus/README.md."""

import json
from datetime import datetime
from typing import Any

import pytest

from feeds.adapters import ADAPTERS, parse
from feeds.document import ParsedDocument
from feeds.sql.contract import ContractError, load_contract
from tests.unit.feeds.corpora import CASES, CONTRACTS, CORPUS, DOCUMENTS, Case
from tests.unit.feeds.documents import RECEIVED

Events = dict[str, dict[datetime, dict[str, float]]]


def said(parsed: ParsedDocument) -> Events:
    """Return metric -> value by asset and time."""
    found: Events = {}
    for event in parsed.events:
        metrics = found.setdefault(event.asset_id, {}).setdefault(event.timestamp, {})
        # One value of a metric for each moment: a second one would contradict it.
        assert event.metric_type.value not in metrics
        metrics[event.metric_type.value] = event.value
    return found


def wanted(events: dict[str, dict[str, dict[str, float]]]) -> Events:
    return {
        asset: {
            RECEIVED if when == "received" else datetime.fromisoformat(when): metrics
            for when, metrics in times.items()
        }
        for asset, times in events.items()
    }


def assert_told(found: list[str], parts: list[str]) -> None:
    assert len(found) == len(parts), found
    for text, part in zip(found, parts, strict=True):
        assert part in text


@pytest.mark.parametrize("case", DOCUMENTS, ids=str)
def test_a_document_says_what_it_says(case: Case) -> None:
    expected = case.expected
    options = expected.get("options", {})
    parsed = parse(case.kind, case.body, manifest=case.manifest, received=RECEIVED, **options)
    assert_told([str(fault) for fault in parsed.faults], expected.get("faults", []))
    assert said(parsed) == wanted(expected["events"])
    assert parsed.skipped == expected.get("skipped", {})


@pytest.mark.parametrize("case", CONTRACTS, ids=str)
def test_a_contract_asks_what_it_asks(case: Case) -> None:
    expected = case.expected
    if "refused" in expected:
        with pytest.raises(ContractError) as error:
            load_contract(case.file, "duckdb:///x")
        assert expected["refused"] in str(error.value)
        return
    contract = load_contract(case.file, "duckdb:///x")
    assert [
        [one.asset, one.name, one.metric, one.table, list(one.columns), str(one.condition),
         "warning" if one.warning else "error"]
        for one in contract.checks
    ] == expected["checks"]  # fmt: skip
    assert_told(list(contract.skipped), expected.get("skipped", []))


def test_the_corpus_is_whole() -> None:
    assert {case.kind for case in DOCUMENTS} == set(ADAPTERS)
    beside = {case.file.with_suffix(".expected.json") for case in CASES}
    assert beside == set(CORPUS.glob("*/*.expected.json"))


def test_dbts_published_models_take_the_fixtures() -> None:
    parser = pytest.importorskip("dbt_artifacts_parser.parser")
    read = {"run_results_v": parser.parse_run_results, "sources_v": parser.parse_sources}
    taken = 0
    for case in DOCUMENTS:
        for start, model in read.items():
            if case.kind == "dbt" and case.file.name.startswith(start):
                model(json.loads(case.body))
                taken += 1
        if case.manifest is not None:
            parser.parse_manifest(json.loads(case.manifest))
            taken += 1
    assert taken >= 22


def facets(value: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return every facet in a document that names its schema, with the schema's name."""
    found: list[tuple[str, dict[str, Any]]] = []
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += value.values()
            schema = str(value.get("_schemaURL", ""))
            if "/$defs/" in schema:
                found.append((schema.rpartition("/")[2], value))
    return found


def test_openlineages_published_models_take_the_fixtures() -> None:
    pytest.importorskip("openlineage.client.facet_v2")
    from openlineage.client.generated import (
        data_quality_assertions_dataset as assertions,
    )
    from openlineage.client.generated import data_quality_metrics_dataset as dataset
    from openlineage.client.generated import data_quality_metrics_input_dataset as metrics
    from openlineage.client.generated import test_run

    models: dict[str, tuple[Any, str, Any]] = {
        "DataQualityAssertionsDatasetFacet": (
            assertions.DataQualityAssertionsDatasetFacet, "assertions", assertions.Assertion
        ),
        "DataQualityMetricsDatasetFacet": (
            dataset.DataQualityMetricsDatasetFacet, "columnMetrics", dataset.ColumnMetrics
        ),
        "DataQualityMetricsInputDatasetFacet": (
            metrics.DataQualityMetricsInputDatasetFacet, "columnMetrics", metrics.ColumnMetrics
        ),
        "TestRunFacet": (test_run.TestRunFacet, "tests", test_run.TestExecution),
    }  # fmt: skip
    taken = set()
    for case in DOCUMENTS:
        if case.kind != "openlineage" or case.file.stem == "dbt_ol_lines":
            continue
        for name, facet in facets(json.loads(case.body)):
            if name in models:
                whole, field, item = models[name]
                whole(**{key: one for key, one in facet.items() if not key.startswith("_")})
                parts = facet[field]
                for part in parts if isinstance(parts, list) else parts.values():
                    item(**part)
                taken.add(name)
    assert taken == set(models)
