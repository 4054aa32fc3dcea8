"""OpenLineage events as the wild and as its own client write them."""

import json
from typing import Any

import pytest

from feeds.adapters import parse
from tests.unit.feeds.documents import document, metadata, read, values

ORDERS = "postgres://db:5432/shop.sales.orders"


def test_facets_on_inputs_and_outputs_under_either_name() -> None:
    parsed = read("openlineage", "openlineage.json")
    assert values(parsed) == {
        ORDERS: {
            # Passed, failed, warned.
            "score": 40.0,
            "issues": 2.0,
            # The assertion, and two columns that tell their nulls: 1, 1, 0.8.
            "completeness": 93.3333,
            "uniqueness": 0.0,
            "validity": 0.0,
        },
        "warehouse.sales.daily": {"score": 100.0, "issues": 0.0, "timeliness": 100.0},
    }
    assert metadata(parsed, "warehouse.sales.daily") == {
        "run": "0196f0a0-0000-7000-8000-000000000000",
        "job": "airflow.shop.load_orders",
        "checks": 1,
    }
    (fault,) = parsed.faults
    assert fault.message == "is missing"
    assert fault.field == "inputs[0].inputFacets.dataQualityAssertions.assertions[3].success"
    assert fault.line == 28


def event(**changes: Any) -> dict[str, Any]:
    tests = [
        {"name": "a", "status": "pass", "type": "not_null"},
        {"name": "b", "status": "fail", "type": "unique", "severity": "warn"},
        {"name": "c", "status": "skip"},
        {"name": "d", "status": "odd"},
    ]
    run = {"runId": "r", "facets": {"test": {"tests": tests}}}
    return {"eventTime": "2026-03-01T00:00:00Z", "run": run} | changes


def test_tests_of_a_run_belong_to_its_one_dataset_else_to_its_job() -> None:
    expected = {"score": 66.6667, "issues": 1.0, "completeness": 100.0, "uniqueness": 0.0}
    dataset = {"namespace": "dwh", "name": "orders"}
    job = {"namespace": "dbt", "name": "shop"}
    one = parse("openlineage", json.dumps(event(job=job, inputs=[dataset])).encode())
    assert values(one) == {"dwh.orders": expected}
    none = parse("openlineage", json.dumps(event(job=job)).encode())
    assert values(none) == {"dbt.shop": expected}
    assert [f.field for f in none.faults] == ["run.facets.test.tests[3].status"]
    nobody = parse("openlineage", json.dumps(event()).encode())
    assert nobody.events == []


def test_events_without_quality_say_nothing() -> None:
    start = {"eventType": "START", "eventTime": "2026-03-01T00:00:00Z", "run": {"runId": "r"}}
    parsed = parse("openlineage", json.dumps(start | {"job": {"name": "x"}, "inputs": []}).encode())
    assert (parsed.events, parsed.faults) == ([], [])


def test_dataset_events_and_arrays_of_events() -> None:
    facet = {"assertions": [{"assertion": "unique", "success": True}]}
    dataset = {"namespace": "", "name": "x", "facets": {"dataQualityAssertions": facet}}
    job = {"namespace": "n", "name": "j"}
    body = [
        {"eventTime": "2026-03-01T00:00:00Z", "dataset": dataset},
        {"eventTime": "2026-03-01T00:00:00Z", "job": job, "inputs": [{"name": 3}]},
    ]
    parsed = parse("openlineage", json.dumps(body).encode())
    assert values(parsed) == {"x": {"score": 100.0, "issues": 0.0, "uniqueness": 100.0}}
    assert [f.field for f in parsed.faults] == ["[1].inputs[0].name"]


def test_events_of_the_projects_own_client() -> None:
    client = pytest.importorskip("openlineage.client.event_v2")
    assertions = pytest.importorskip("openlineage.client.generated.data_quality_assertions_dataset")
    metrics = pytest.importorskip("openlineage.client.generated.data_quality_metrics_input_dataset")
    serde = pytest.importorskip("openlineage.client.serde")
    dataset = client.InputDataset(
        namespace="postgres://db:5432",
        name="shop.sales.orders",
        inputFacets={
            "dataQualityAssertions": assertions.DataQualityAssertionsDatasetFacet(
                assertions=[
                    assertions.Assertion(assertion="not_null", success=True, column="id"),
                    assertions.Assertion(assertion="unique", success=False, column="id"),
                ]
            ),
            "dataQualityMetrics": metrics.DataQualityMetricsInputDatasetFacet(
                rowCount=10, columnMetrics={"id": metrics.ColumnMetrics(nullCount=1)}
            ),
        },
    )
    sent = client.RunEvent(
        eventType=client.RunState.COMPLETE,
        eventTime="2026-03-01T04:05:06Z",
        run=client.Run(runId="0196f0a0-0000-7000-8000-000000000000"),
        job=client.Job(namespace="airflow", name="load"),
        inputs=[dataset],
        producer="https://example.org",
    )
    parsed = parse("openlineage", serde.Serde.to_json(sent).encode())
    assert parsed.faults == []
    assert values(parsed) == {
        ORDERS: {"score": 50.0, "issues": 1.0, "completeness": 95.0, "uniqueness": 0.0}
    }


def test_the_fixture_has_the_facets_the_projects_client_knows() -> None:
    generated = pytest.importorskip("openlineage.client.generated.data_quality_assertions_dataset")
    event = json.loads(document("openlineage.json"))
    facet = event["inputs"][0]["inputFacets"]["dataQualityAssertions"]
    for assertion in facet["assertions"][:3]:
        generated.Assertion(**assertion)
