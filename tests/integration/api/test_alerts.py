"""Alerts over REST: lists, filters, and the steps of their life."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import msgspec
from aiokafka import AIOKafkaConsumer

from schemas.alerts import Alert, AlertStatus, AlertType, Severity
from tests.integration.api.conftest import NOW, RunningEdge, Stream, an_alert, eventually

SEARCHED = [
    an_alert("warehouse.sales.orders", 1, severity=Severity.CRITICAL),
    an_alert("warehouse.sales.items", 2, alert_type=AlertType.NEW_ISSUES, message="12 new issues"),
    an_alert("crm.users", 3, status=AlertStatus.RESOLVED, resolution="reloaded from backup"),
    an_alert("crm.leads", 200, severity=Severity.LOW, assignee="bob", message="100% _odd_ 'text'"),
]
FILTERS: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [0, 1, 2, 3]),
    ({"status": "active"}, [0, 1, 3]),
    ({"status": "active,resolved", "severity": "high"}, [1, 2]),
    ({"severity": ["critical", "low"]}, [0, 3]),
    ({"alertType": "new_issues"}, [1]),
    ({"assetId": "crm.users"}, [2]),
    ({"assetId": "*.sales.*"}, [0, 1]),
    ({"assetId": "crm.[lu]*"}, [2, 3]),
    ({"assignee": "bob"}, [3]),
    ({"hours": 2}, [0, 1, 2]),
    ({"since": (NOW - timedelta(minutes=2)).isoformat()}, [0, 1]),
    ({"until": (NOW - timedelta(minutes=2)).isoformat()}, [2, 3]),
    ({"query": "sales"}, [0, 1]),
    ({"query": "BACKUP relo"}, [2]),
    ({"query": "12 issu"}, [1]),
    ({"query": "'); DROP TABLE quality_alerts_realtime; --"}, []),
    ({"query": "!!!"}, []),
    ({"assetId": "' OR '1'='1"}, []),
]


async def test_filters_and_search(edge: RunningEdge, stream: Stream) -> None:
    await stream.store(*SEARCHED)
    async with edge.http() as http:
        for query, expected in FILTERS:
            answer = await http.get("/alerts", params=query)
            assert answer.status_code == 200, answer.text
            found = [one["id"] for one in answer.json()["data"]]
            assert found == [str(SEARCHED[n].id) for n in expected], query


async def test_pages_have_everything_once_while_alerts_arrive(
    edge: RunningEdge, stream: Stream
) -> None:
    # Many share a moment: the order must not depend on it alone.
    alerts = [an_alert(f"a{n}", minutes=n // 7) for n in range(50)]
    await stream.store(*alerts)
    async with edge.http() as http:
        found, cursor = [], None
        while True:
            params = {"limit": 8} | ({"cursor": cursor} if cursor else {})
            page = (await http.get("/alerts", params=params)).json()
            assert page["count"] == len(page["data"])
            found += [one["id"] for one in page["data"]]
            cursor = page["nextCursor"]
            if cursor is None:
                break
            await stream.store(an_alert("newer", minutes=-1))
    assert sorted(found) == sorted(str(alert.id) for alert in alerts)


async def test_a_life_with_audit_and_topic(edge: RunningEdge, stream: Stream) -> None:
    alert = an_alert()
    await stream.store(alert)
    steps: list[tuple[str, dict[str, Any], int, str]] = [
        ("comment", {"comment": "looking"}, 200, "active"),
        ("assign", {"assignee": "bob"}, 200, "active"),
        ("acknowledge", {"comment": "mine"}, 200, "acknowledged"),
        ("acknowledge", {}, 409, "acknowledged"),
        ("resolve", {"resolution": "reloaded"}, 200, "resolved"),
        ("ignore", {}, 409, "resolved"),
        ("reopen", {"comment": "again"}, 200, "active"),
        ("ignore", {"comment": "known"}, 200, "ignored"),
        ("assign", {"assignee": None}, 200, "ignored"),
    ]
    async with edge.http() as http:
        taken = []
        for name, body, status, after in steps:
            answer = await http.post(f"/alerts/{alert.id}/{name}", json=body)
            assert answer.status_code == status, answer.text
            if status == 200:
                assert answer.json()["data"]["status"] == after
                taken.append((name, answer.json()["data"]["stepId"]))
            else:
                problem = answer.json()
                assert (problem["success"], problem["code"]) == (False, "step_not_possible")
        now = (await http.get(f"/alerts/{alert.id}")).json()["data"]
        audit = (await http.get(f"/alerts/{alert.id}/audit")).json()["data"]
    assert [(entry["action"], entry["stepId"]) for entry in audit] == taken
    assert {entry["actor"] for entry in audit} == {"anonymous@loopback"}
    assert audit[3]["resolution"] == "reloaded"
    told = await steps_on_topic(edge, stream, len(taken))
    assert [str(step.step_id) for step in told] == [step for _, step in taken]
    assert msgspec.to_builtins(told[-1], str_keys=True)["status"] == now["status"] == "ignored"
    await eventually(lambda: empty_outbox(stream))


async def test_what_makes_no_sense(edge: RunningEdge, stream: Stream) -> None:
    alert = an_alert()
    await stream.store(alert)
    path = f"/alerts/{alert.id}"
    async with edge.http() as http:
        for given, status, code in (
            (http.post(f"/alerts/{uuid4()}/acknowledge", json={}), 404, "not_found"),
            (http.post("/alerts/7/acknowledge", json={}), 404, "not_found"),
            (http.get(f"/alerts/{uuid4()}"), 404, "not_found"),
            (http.get(f"/alerts/{uuid4()}/audit"), 404, "not_found"),
            (http.post(f"{path}/dance", json={}), 404, "not_found"),
            (http.get(f"{path}/acknowledge"), 405, "method_not_allowed"),
            (http.post("/alerts"), 405, "method_not_allowed"),
            (http.post(f"{path}/resolve", json={}), 422, "invalid_field"),
            (http.post(f"{path}/resolve", json={"resolution": ""}), 422, "invalid_field"),
            (http.post(f"{path}/acknowledge", json={"actor": "root"}), 422, "invalid_field"),
            (http.post(f"{path}/acknowledge", content="{"), 400, "invalid_json"),
            (http.post(f"{path}/acknowledge", content=b"\xff"), 400, "invalid_json"),
            (http.post(f"{path}/acknowledge", data={"a": "b"}), 415, "unsupported_media_type"),
            (http.get("/alerts?limit=0"), 422, "invalid_field"),
            (http.get("/alerts?limit=1&limit=2"), 422, "invalid_field"),
            (http.get("/alerts?severity=awful"), 422, "invalid_field"),
            (http.get("/alerts?sevrity=high"), 422, "invalid_field"),
            (http.get("/alerts?cursor=x"), 422, "invalid_field"),
            (http.get("/alerts?since=yesterday"), 422, "invalid_field"),
            (http.get("/alerts?since=2025-01-01T00:00:00"), 422, "invalid_field"),
            (http.get("/alerts?hours=1&since=2025-01-01T00:00:00Z"), 422, "invalid_field"),
        ):
            answer = await given
            problem = answer.json()
            assert (answer.status_code, problem["code"]) == (status, code), problem
            assert answer.headers["content-type"] == "application/problem+json"
            assert problem["success"] is False
            assert problem["requestId"] == answer.headers["x-request-id"]
            assert bool(problem["errors"]) == (status == 422)
        assert (await http.get(path)).json()["data"]["status"] == "active"


async def test_the_same_key_takes_one_step(edge: RunningEdge, stream: Stream) -> None:
    alert = an_alert()
    await stream.store(alert)
    headers = {"Idempotency-Key": "k1"}
    path = f"/alerts/{alert.id}/acknowledge"
    async with edge.http() as http:

        async def post(**body: str) -> httpx.Response:
            return await http.post(path, json=body, headers=headers)

        answers = await asyncio.gather(*(post(comment="mine") for _ in range(8)))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.text for answer in answers}) == 1
        other = await post(comment="other")
        assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
        audit = (await http.get(f"/alerts/{alert.id}/audit")).json()
        assert audit["count"] == 1
        # A refusal leaves the key free.
        headers["Idempotency-Key"] = "k2"
        assert (await post()).status_code == 409
        assert (await http.post(f"/alerts/{alert.id}/reopen", json={})).status_code == 200
        assert (await post()).status_code == 200


async def test_of_many_at_once_one_acknowledges(edge: RunningEdge, stream: Stream) -> None:
    alert = an_alert()
    await stream.store(alert)
    async with edge.http() as http:
        path = f"/alerts/{alert.id}/acknowledge"
        answers = await asyncio.gather(*(http.post(path, json={}) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9


async def test_in_bulk(edge: RunningEdge, stream: Stream) -> None:
    alerts = [an_alert(f"crm.t{n}") for n in range(5)] + [
        an_alert("crm.done", status=AlertStatus.RESOLVED),
        an_alert("elsewhere"),
    ]
    await stream.store(*alerts)
    async with edge.http() as http:
        body: dict[str, Any] = {"action": "resolve", "filter": {"assetId": "crm.*"}}
        refused = await http.post("/alerts/bulk", json=body)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "resolution")
        for nonsense, field in (
            ({"action": "assign"}, "assignee"),
            ({"action": "ignore", "assignee": "bob"}, "assignee"),
            ({"action": "ignore", "resolution": "mended"}, "resolution"),
            ({"action": "comment"}, "comment"),
        ):
            refused = await http.post("/alerts/bulk", json={"filter": {}} | nonsense)
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
        assigned = {"action": "assign", "filter": {"assetId": "crm.t1"}, "assignee": "bob"}
        for assignee in ("bob", None):
            answer = await http.post("/alerts/bulk", json=assigned | {"assignee": assignee})
            (alert,) = answer.json()["data"]["changed"]
            assert alert.get("assignee") == assignee
        body |= {"resolution": "reloaded", "limit": 4}
        result = (await http.post("/alerts/bulk", json=body)).json()["data"]
        assert result["more"] is True
        done = len(result["changed"])
        body |= {"limit": 100}
        result = (await http.post("/alerts/bulk", json=body)).json()["data"]
        assert done + len(result["changed"]) == 5
        assert result["more"] is False
        assert len(result["refused"]) == 6 - len(result["changed"])
        left = (await http.get("/alerts?status=active")).json()["data"]
        assert [one["assetId"] for one in left] == ["elsewhere"]
    told = await steps_on_topic(edge, stream, 7)
    assert [step.status for step in told].count(AlertStatus.RESOLVED) == 5


async def test_an_alert_is_acknowledged_before_the_sink_has_it(
    edge: RunningEdge, stream: Stream
) -> None:
    alert = an_alert()
    async with edge.socket("?assets=*") as talk, edge.http() as http:
        await talk.hear_until("subscribed")
        await stream.push(alert)
        assert (await talk.hear())["type"] == "alert"
        asked = asyncio.create_task(http.post(f"/alerts/{alert.id}/acknowledge", json={}))
        await asyncio.sleep(0.5)
        await stream.store(alert)
        assert (await asked).status_code == 200
        assert (await talk.hear())["type"] == "alert_status_changed"


async def steps_on_topic(edge: RunningEdge, stream: Stream, count: int) -> list[Alert]:
    consumer = AIOKafkaConsumer(
        stream.topics.alerts,
        bootstrap_servers=edge.settings.kafka_brokers,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    found: list[Alert] = []
    try:
        async with asyncio.timeout(10):
            while len(found) < count:
                record = await consumer.getone()
                step = msgspec.json.decode(record.value, type=Alert)
                assert record.key == step.asset_id.encode()
                found.append(step)
    finally:
        await consumer.stop()
    return found


async def empty_outbox(stream: Stream) -> bool:
    return await stream.rows("SELECT count(*) FROM alert_outbox") == [(0,)]
