"""What lies outside a token's assets makes no difference to it, whatever it asks."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import psycopg
import pytest

from api.endpoint import Endpoint
from api.routes import ENDPOINTS
from api.routing_routes import ROUTING
from pipeline.channels.sealing import new_key
from pipeline.topics import Topics
from schemas.alerts import Alert
from schemas.metrics import MetricEvent, MetricType
from schemas.rest import Role
from sinks.history import Measurement, store
from tests.integration.api.conftest import NOW, RunningEdge, Stream, a_change, an_alert
from tests.integration.api.test_access import key
from tests.integration.api.test_routing import SLACK

MINE, THEIRS = "sales.x", "hr.y"
SCOPE = ["sales.*"]
ASKED: list[dict[str, str]] = [
    {}, {"assetId": MINE}, {"assetId": THEIRS}, {"assetId": "*"}, {"query": "y"},
    {"source": "people"},
]  # fmt: skip
DATASETS = ["alerts", "history", "trends"]
CHANGING = r'"requestId":"\w+"|"timestamp":"[^"]+"(?=})|"(since|until)":"[^"]+"'
"""What differs from answer to answer: ids of requests, the time of figures."""
OF_THE_SYSTEM = {"/system", "/ws/stats", "/me", "/thresholds"}
"""Speak of no asset's data."""
OF_JOBS = {"/forecast", "/limits"}
"""Need a job that has run; tests of their own see to their scopes."""
OF_ROUTING = {endpoint.path for endpoint in ROUTING}
"""Speak of what people keep, not of measurements."""
STEPS: dict[str, dict[str, Any]] = {
    "acknowledge": {},
    "resolve": {"resolution": "mended"},
    "ignore": {},
    "reopen": {},
    "comment": {"comment": "mine"},
    "assign": {"assignee": "bob"},
}


@pytest.fixture
def edge(topics: Topics, make_edge: Callable[..., RunningEdge]) -> Iterator[RunningEdge]:
    """An edge that asks everybody who they are."""
    running = make_edge(authentication="on", secret_key=new_key())
    running.start()
    yield running
    running.stop()


async def measure(edge: RunningEdge, asset: str, source: str) -> None:
    """Write what the sink writes of some events."""
    values = {MetricType.SCORE: 55.0, MetricType.ISSUES: 7.0, MetricType.VALIDITY: 66.0}
    given = []
    for metric, value in values.items():
        event = MetricEvent(
            asset_id=asset, metric_type=metric, value=value, timestamp=NOW, source=source
        )
        given.append(Measurement(event, uuid4(), NOW, False, NOW, b"{}", "quality.metrics", 0, 0))
    url = edge.settings.database_url.get_secret_value()
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await store(connection, given)


def requests(endpoint: Endpoint, alert: Alert) -> Iterator[tuple[str, dict[str, str]]]:
    known = {field.encode_name for field in msgspec.structs.fields(endpoint.query)}
    queries = [query for query in ASKED if query.keys() <= known]
    path = endpoint.path.replace("{asset_id:anything}", THEIRS).replace("{alert_id}", str(alert.id))
    for dataset in DATASETS if "{dataset}" in path else [""]:
        yield from ((path.replace("{dataset}", dataset), query) for query in queries)


async def answers(http: httpx.AsyncClient, alert: Alert) -> dict[str, list[tuple[int, str]]]:
    """Return what every GET answers, by the endpoint's path."""
    found: dict[str, list[tuple[int, str]]] = {}
    for endpoint in ENDPOINTS:
        if endpoint.method == "GET" and endpoint.path not in OF_THE_SYSTEM | OF_ROUTING:
            for path, query in requests(endpoint, alert):
                answer = await http.get(path, params=query)
                told = re.sub(CHANGING, "", answer.text)
                found.setdefault(endpoint.path, []).append((answer.status_code, told))
    return found


async def test_no_answer_depends_on_what_lies_outside(edge: RunningEdge, stream: Stream) -> None:
    alert = an_alert(THEIRS)
    await measure(edge, MINE, "shop")
    await stream.store(an_alert(MINE))
    async with (
        edge.http(await key(edge, Role.ADMIN, SCOPE)) as mine,
        edge.http(await key(edge, Role.ADMIN)) as everything,
    ):
        before = [await answers(http, alert) for http in (mine, everything)]
        await measure(edge, THEIRS, "people")
        await stream.store(alert)
        after = [await answers(http, alert) for http in (mine, everything)]
    assert after[0] == before[0]
    same = {path for path, told in after[1].items() if told == before[1][path]}
    assert same == OF_JOBS, "to somebody who may see it, it makes a difference everywhere"


async def test_no_step_reaches_outside(edge: RunningEdge, stream: Stream) -> None:
    alert = an_alert(THEIRS)
    await stream.store(alert)
    steps = {e.path.rsplit("/", 1)[-1] for e in ENDPOINTS if e.step and "{alert_id}" in e.path}
    assert steps == set(STEPS)
    async with edge.http(await key(edge, Role.ADMIN, SCOPE)) as http:
        for step, body in STEPS.items():
            answer = await http.post(f"/alerts/{alert.id}/{step}", json=body)
            assert answer.status_code == 404, step
            bulk = {"action": step, "filter": {"ids": [str(alert.id)]}} | body
            result = (await http.post("/alerts/bulk", json=bulk)).json()["data"]
            assert result == {"changed": [], "refused": [], "more": False}, step
        event = {"assetId": THEIRS, "metricType": "score", "value": 9, "timestamp": f"{NOW}"}
        refused = await http.post("/events", json=event)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "assetId")
    assert await stream.rows("SELECT count(*) FROM alert_audit") == [(0,)]


async def test_a_bound_admin_sees_nothing_that_others_keep(edge: RunningEdge) -> None:
    """Others' subscriptions and messages may speak of any asset."""
    async with (
        edge.http(await key(edge, Role.ADMIN)) as unbound,
        edge.http(await key(edge, Role.ADMIN, SCOPE)) as bound,
        edge.http(await key(edge, Role.OPERATOR)) as other,
    ):
        made = await other.post("/channels", json={"name": "mine", "address": SLACK})
        assert made.status_code == 201, made.text
        seen = (await unbound.get("/channels")).json()
        assert seen["count"] == 1
        for path in ("/channels", "/subscriptions", "/deliveries", "/deliveries/held"):
            assert (await bound.get(path)).json()["data"] == [], path


async def test_no_message_reaches_outside(edge: RunningEdge, stream: Stream) -> None:
    theirs = an_alert(THEIRS)
    await stream.store(theirs)
    await measure(edge, THEIRS, "people")
    token = await key(edge, Role.ADMIN, SCOPE)
    everything = [{"assets": ["*", THEIRS]}]
    async with edge.socket() as talk:
        await talk.hear()
        await talk.ask("authenticate", {"token": token})
        for verb, payload in (
            ("get_metrics", {}), ("get_metrics", {"assetId": THEIRS}),
            ("get_alerts", {}), ("get_alerts", {"assetId": THEIRS}),
        ):  # fmt: skip
            told = (await talk.ask(verb, payload))["payload"]
            assert told in ({"metrics": []}, {"alerts": []})
        for verb in ("acknowledge", "acknowledge_alert", "resolve"):
            asked = {"alertId": str(theirs.id), "resolution": "mended"}
            assert (await talk.ask(verb, asked))["payload"]["code"] == "not_found"
        position = (await talk.ask("subscribe", {"assetIds": ["*", THEIRS]}))["position"]
        await stream.push(an_alert(THEIRS), a_change(THEIRS), a_change(MINE))
        assert (await talk.hear())["payload"]["assetId"] == MINE
        assert await talk.silent(0.3)
    for start in (position, "none"):
        async with edge.socket() as talk:
            await talk.hear()
            await talk.ask("authenticate", {"token": token})
            await talk.say("resume", {"position": start, "subscriptions": everything})
            heard = await talk.hear_until("resumed" if start == position else "subscribed")
            told = str([one["payload"] | {"subscriptions": ...} for one in heard])
            assert MINE in told
            assert THEIRS not in told


async def test_a_step_on_ones_own_reaches_ones_own_sockets_alone(
    edge: RunningEdge, stream: Stream
) -> None:
    alert = an_alert(MINE)
    await stream.store(alert)
    mine, other = await key(edge, Role.OPERATOR, SCOPE), await key(edge, Role.VIEWER, ["hr.*"])
    async with edge.socket() as near, edge.socket() as far, edge.http(mine) as http:
        for talk, token in ((near, mine), (far, other)):
            await talk.hear()
            await talk.ask("authenticate", {"token": token})
            await talk.ask("subscribe")
        assert (await http.post(f"/alerts/{alert.id}/acknowledge", json={})).status_code == 200
        assert (await near.hear())["type"] == "alert_status_changed"
        assert await far.silent(0.5)
