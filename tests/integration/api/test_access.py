"""Who may do what: roles, scopes, tickets, revocation."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
import websockets

from api.auth.keystore import create_key, revoke_key
from pipeline.topics import Topics
from schemas.rest import Role
from tests.conftest import ROOT as REPOSITORY
from tests.conftest import environment
from tests.integration.api.conftest import NOW, RunningEdge, Stream, a_change, an_alert

EVENT = {"assetId": "sales.x", "metricType": "score", "value": 9, "timestamp": NOW.isoformat()}


@pytest.fixture
def edge(topics: Topics, make_edge: Callable[..., RunningEdge]) -> Iterator[RunningEdge]:
    """An edge that asks everybody who they are."""
    running = make_edge(authentication="on", allowed_origins=["https://app.example"])
    running.start()
    yield running
    running.stop()


async def key(edge: RunningEdge, role: Role, assets: list[str] | None = None, **fields: Any) -> str:
    url = edge.settings.database_url.get_secret_value()
    async with await psycopg.AsyncConnection.connect(url) as connection:
        made, text = await create_key(
            connection, f"{role}-{uuid4().hex[:6]}", role, assets or ["*"], "test",
            fields.get("expires_at"),
        )  # fmt: skip
        if fields.get("revoked"):
            await revoke_key(connection, made.id)
    return text


async def test_nobody_unknown_gets_in(edge: RunningEdge, stream: Stream) -> None:
    good = await key(edge, Role.VIEWER)
    past = datetime.now(UTC) - timedelta(days=1)
    bad = [
        None, "", "x", "tmk_a_b", good[:-1], good + "x",
        await key(edge, Role.ADMIN, expires_at=past), await key(edge, Role.ADMIN, revoked=True),
    ]  # fmt: skip
    for token in bad:
        async with edge.http(token) as http:
            answer = await http.get("/alerts")
            assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert (await http.post("/events", json=EVENT)).status_code == 401
    async with edge.http(good) as http:
        assert (await http.get("/alerts")).status_code == 200
        assert (await http.get("/alerts?token=" + good)).status_code == 422
    async with httpx.AsyncClient(base_url=edge.url) as anybody:
        for probe in ("/healthz", "/readyz", "/metrics", "/api/openapi.json", "/api/docs", "/"):
            assert (await anybody.get(probe)).status_code in {200, 503}, probe


async def test_what_each_role_may(edge: RunningEdge, stream: Stream) -> None:
    alert = an_alert("sales.x")
    await stream.store(alert)
    may = {
        Role.VIEWER: (200, 403, 403),
        Role.OPERATOR: (200, 200, 403),
        Role.INGESTER: (403, 403, 202),
        Role.ADMIN: (200, 200, 202),
    }
    for role, (read, step, ingest) in may.items():
        async with edge.http(await key(edge, role)) as http:
            assert (await http.get("/alerts")).status_code == read
            commented = await http.post(f"/alerts/{alert.id}/comment", json={"comment": role})
            assert commented.status_code == step
            if step == 200:
                assert commented.json()["data"]["changedBy"].startswith(f"{role}-")
            assert (await http.post("/events", json=EVENT)).status_code == ingest
            me = (await http.get("/me")).json()["data"]
            assert (me["role"], me["authentication"]) == (role, True)
            assert (await http.post("/ws/ticket")).status_code == read


async def test_scopes_reach_into_every_verb(edge: RunningEdge, stream: Stream) -> None:
    mine, theirs = an_alert("sales.x"), an_alert("hr.y")
    await stream.store(mine, theirs)
    async with edge.http(await key(edge, Role.ADMIN, ["sales.*"])) as http:
        for path in ("/alerts", "/alerts?assetId=*", "/alerts?query=score", "/assets"):
            found = {one["assetId"] for one in (await http.get(path)).json()["data"]}
            assert found == {"sales.x"}, path
        assert (await http.get("/alerts?assetId=hr.y")).json()["data"] == []
        assert (await http.get("/stats")).json()["data"]["totalAssets"] == 1
        for answer in (
            await http.get(f"/alerts/{theirs.id}"),
            await http.get(f"/alerts/{theirs.id}/audit"),
            await http.get("/assets/hr.y"),
            await http.get("/metrics/history?assetId=hr.y"),
            await http.get("/trends?assetId=hr.y"),
            await http.post(f"/alerts/{theirs.id}/acknowledge", json={}),
        ):
            assert answer.status_code == 404, answer.url
        bulk = {"action": "ignore", "filter": {}}
        changed = (await http.post("/alerts/bulk", json=bulk)).json()["data"]["changed"]
        assert [one["id"] for one in changed] == [str(mine.id)]
        posted = await http.post("/events", json=[EVENT, EVENT | {"assetId": "hr.y"}])
        assert [verdict["accepted"] for verdict in posted.json()["data"]] == [True, False]


async def test_sockets_say_who_they_are_first(edge: RunningEdge, stream: Stream) -> None:
    token = await key(edge, Role.OPERATOR, ["sales.*"])
    theirs = an_alert("hr.y")
    await stream.store(theirs)
    async with edge.socket("?assets=*") as talk:
        hello = (await talk.hear())["payload"]
        assert hello["authenticationRequired"] is True
        assert (await talk.ask("subscribe"))["payload"]["code"] == "not_authenticated"
        assert (await talk.ask("get_alerts"))["payload"]["code"] == "not_authenticated"
        identity = (await talk.ask("authenticate", {"token": token}))["payload"]
        assert (identity["role"], identity["assets"]) == ("operator", ["sales.*"])
        assert (await talk.hear())["type"] == "subscribed"
        await stream.push(a_change("hr.y"), an_alert("hr.y"), a_change("sales.x"))
        assert (await talk.hear())["payload"]["assetId"] == "sales.x"
        assert await talk.silent(0.2)
        assert (await talk.ask("get_alerts"))["payload"]["alerts"] == []
        reply = await talk.ask("acknowledge", {"alertId": str(theirs.id)})
        assert reply["payload"]["code"] == "not_found"


async def test_a_token_is_renewed_in_its_time(edge: RunningEdge, stream: Stream) -> None:
    mine, alike = [await key(edge, Role.VIEWER, ["sales.*"]) for _ in range(2)]
    wider = await key(edge, Role.VIEWER)
    async with edge.socket() as talk:
        await talk.hear()
        await talk.ask("authenticate", {"token": mine})
        await talk.ask("subscribe")
        assert (await talk.ask("authenticate", {"token": alike}))["type"] == "authenticated"
        await stream.push(a_change("sales.x"))
        assert (await talk.hear())["payload"]["assetId"] == "sales.x"
        # What is subscribed was asked for within the scope of then.
        assert (await talk.ask("authenticate", {"token": wider}))["type"] == "error"


async def test_a_viewer_takes_no_step_and_an_ingester_hears_nothing(
    edge: RunningEdge, stream: Stream
) -> None:
    alert = an_alert()
    await stream.store(alert)
    async with edge.socket() as talk:
        await talk.hear()
        await talk.ask("authenticate", {"token": await key(edge, Role.VIEWER)})
        reply = await talk.ask("acknowledge", {"alertId": str(alert.id)})
        assert reply["payload"]["code"] == "not_allowed"
    for token, code in ((await key(edge, Role.INGESTER), 4403), ("tmk_a_b", 4401)):
        async with edge.socket() as talk:
            await talk.hear()
            assert (await talk.ask("authenticate", {"token": token}))["type"] == "error"
            with pytest.raises(websockets.ConnectionClosed):
                await talk.hear()
            assert talk.connection.close_code == code


async def test_a_ticket_opens_one_socket(edge: RunningEdge, stream: Stream) -> None:
    async with edge.http(await key(edge, Role.VIEWER, ["sales.*"])) as http:
        ticket = (await http.post("/ws/ticket")).json()["data"]["ticket"]
    async with edge.socket(f"?ticket={ticket}&assets=*") as talk:
        assert (await talk.hear())["payload"]["authenticationRequired"] is False
        assert (await talk.hear())["type"] == "subscribed"
        await stream.push(a_change("hr.y"), a_change("sales.x"))
        assert (await talk.hear())["payload"]["assetId"] == "sales.x"
    async with edge.socket(f"?ticket={ticket}") as talk:
        await talk.hear()
        assert (await talk.hear())["type"] == "error"
        with pytest.raises(websockets.ConnectionClosed):
            await talk.hear()
        assert talk.connection.close_code == 4401


async def test_a_revoked_key_ends_its_sockets(edge: RunningEdge) -> None:
    token = await key(edge, Role.VIEWER)
    async with edge.socket() as talk:
        await talk.hear()
        await talk.ask("authenticate", {"token": token})
        command = [sys.executable, "-m", "cli.main", "keys", "revoke", token.split("_")[1]]
        await asyncio.to_thread(
            subprocess.run, command, check=True, cwd=REPOSITORY,
            env=os.environ | environment(edge.settings),
        )  # fmt: skip
        started = time.monotonic()
        with pytest.raises(websockets.ConnectionClosed):
            await talk.hear(40)
        assert talk.connection.close_code == 4401
        assert time.monotonic() - started < 35
    async with edge.http(token) as http:
        assert (await http.get("/alerts")).status_code == 401


async def test_origins(edge: RunningEdge) -> None:
    token = await key(edge, Role.VIEWER)
    evil = {"origin": "https://evil.example"}
    with pytest.raises(websockets.InvalidStatus, match="403"):
        async with edge.socket(additional_headers=evil):
            pass
    async with edge.socket(origin="https://app.example") as talk:
        assert (await talk.hear())["type"] == "connected"
    async with edge.http(token) as http:
        allowed = await http.get("/alerts", headers={"origin": "https://app.example"})
        assert allowed.headers["access-control-allow-origin"] == "https://app.example"
        refused = await http.get("/alerts", headers=evil)
        assert "access-control-allow-origin" not in refused.headers
        preflight = await http.options(
            "/alerts",
            headers={
                "origin": "https://app.example",
                "access-control-request-method": "POST",
                "access-control-request-headers": "authorization,idempotency-key",
            },
        )
        assert preflight.status_code == 200


async def test_rates_are_limited_by_caller(
    make_edge: Callable[..., RunningEdge], topics: Topics
) -> None:
    edge = make_edge(authentication="on", requests_per_second=2)
    edge.start()
    mine, other = await key(edge, Role.VIEWER), await key(edge, Role.VIEWER)
    async with edge.http(mine) as http:
        answers = [await http.get("/me") for _ in range(30)]
    assert {answer.status_code for answer in answers} == {200, 429}
    limited = next(answer for answer in answers if answer.status_code == 429)
    assert int(limited.headers["retry-after"]) >= 1
    assert limited.json()["code"] == "rate_limited"
    async with edge.http(other) as http:
        assert (await http.get("/me")).status_code == 200


def test_a_door_left_open_is_refused_at_start(
    make_edge: Callable[..., RunningEdge], topics: Topics
) -> None:
    edge = make_edge(http_host="0.0.0.0")
    command = [sys.executable, "-m", "cli.main", "edge"]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=os.environ | environment(edge.settings),
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert done.returncode == 78
    assert "TIDEMARK_AUTHENTICATION" in done.stderr
    assert "Traceback" not in done.stderr
