"""Other tools' documents, posted as they are."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.api.conftest import RunningEdge, Stream
from tests.integration.api.test_events_endpoint import on_topic

DATA = Path(__file__).parents[2] / "unit" / "feeds" / "data"


async def test_a_document_is_taken_as_its_file_would_be(edge: RunningEdge, stream: Stream) -> None:
    body = (DATA / "dbt_run_results.json").read_bytes()
    async with edge.http() as http:
        first = await http.post("/feeds/dbt", content=body)
        again = await http.post("/feeds/dbt", content=body)
    assert first.status_code == 202, first.text
    told = first.json()
    assert told == again.json()
    assert told["success"]
    sent = await on_topic(edge, stream)
    assert len(sent) == 2 * told["count"] > 0
    assert {event["assetId"] for _, event in sent} == set(told["assets"])
    # The same document has the same event ids: the worker drops the second.
    assert len({event["eventId"] for _, event in sent}) == told["count"]


async def test_the_good_half_is_taken_and_the_rest_told(edge: RunningEdge, stream: Stream) -> None:
    body = b"asset,metric,value\na,score,90\nb,score,high\nc,score,101\n"
    async with edge.http() as http:
        answer = await http.post("/feeds/csv", content=body)
        assert answer.status_code == 202
        assert (answer.json()["count"], answer.json()["assets"]) == (1, ["a"])
        assert {fault["line"] for fault in answer.json()["data"]} == {3, 4}
        for kind, document, status in (
            ("csv", b"asset,metric,value\nb,score,high\n", 422),
            ("soda", b"{", 422),
            ("soda", b"", 422),
            ("cucumber", b"{}", 404),
        ):
            refused = await http.post(f"/feeds/{kind}", content=document)
            assert refused.status_code == status, document
            assert refused.json()["success"] is False
            assert refused.headers["content-type"] == "application/problem+json"
    assert [key for key, _ in await on_topic(edge, stream)] == [b"a"]


async def test_openlineage_clients_post_as_they_are(edge: RunningEdge, stream: Stream) -> None:
    client = pytest.importorskip("openlineage.client")
    run = pytest.importorskip("openlineage.client.event_v2")
    facet = pytest.importorskip("openlineage.client.facet_v2")
    assertions = facet.data_quality_assertions_dataset

    def emit() -> None:
        dataset = run.InputDataset(
            namespace="warehouse",
            name="sales.orders",
            inputFacets={
                "dataQualityAssertions": assertions.DataQualityAssertionsDatasetFacet(
                    assertions=[
                        assertions.Assertion(assertion="not_null", success=True, column="id"),
                        assertions.Assertion(assertion="unique", success=False, column="id"),
                    ]
                )
            },
        )
        event = run.RunEvent(
            eventType=run.RunState.COMPLETE,
            eventTime=datetime.now(UTC).isoformat(),
            run=run.Run(runId=str(uuid4())),
            job=run.Job(namespace="airflow", name="load"),
            inputs=[dataset],
            producer="https://example.org/job",
        )
        transport = {"type": "http", "url": edge.url}
        client.OpenLineageClient(config={"transport": transport}).emit(event)

    await asyncio.to_thread(emit)
    values: dict[str, Any] = {
        event["metricType"]: event["value"] for _, event in await on_topic(edge, stream)
    }
    assert values == {"score": 50, "issues": 1, "completeness": 100, "uniqueness": 0}
    async with edge.http() as http:
        lineage_only = json.dumps(
            {
                "eventType": "START", "eventTime": "2025-01-01T00:00:00Z",
                "run": {"runId": str(uuid4())}, "job": {"namespace": "a", "name": "b"},
                "producer": "https://example.org", "schemaURL": "https://example.org",
            }
        )  # fmt: skip
        answer = await http.post(f"{edge.url}/api/v1/lineage", content=lineage_only)
        assert (answer.status_code, answer.json()["count"]) == (201, 0)


async def test_one_openlineage_event_a_test_counts_every_test(
    edge: RunningEdge, stream: Stream
) -> None:
    def event(run: str, second: int, **assertion: Any) -> dict[str, Any]:
        facet = {"dataQualityAssertions": {"assertions": [assertion]}}
        return {
            "eventTime": f"2026-03-01T00:00:0{second}Z", "eventType": "COMPLETE",
            "run": {"runId": run, "facets": {"parent": {"run": {"runId": "p"}, "job": {}}}},
            "job": {"namespace": "dbt", "name": run},
            "inputs": [{"namespace": "wh", "name": "orders", "inputFacets": facet}],
        }  # fmt: skip

    async with edge.http() as http:
        for body in (
            event("a", 1, assertion="unique", success=False),
            event("b", 2, assertion="not_null", success=True),
            {"eventTime": "2026-03-01T00:00:03Z", "run": {"runId": "c"}, "job": {"name": "c"}},
        ):
            answer = await http.post(f"{edge.url}/api/v1/lineage", content=json.dumps(body))
            assert answer.status_code == 201, answer.text
        assert answer.json()["skipped"] == {"events that tell nothing of quality": 1}
    scores = [e["value"] for _, e in await on_topic(edge, stream) if e["metricType"] == "score"]
    assert scores == [0, 50]
