"""Subscriptions, channels, silences, maintenance, owners and deliveries over REST."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from pipeline.channels.sealing import Sealing, new_key
from pipeline.topics import Topics
from schemas.rest import Role
from tests.integration.api.conftest import NOW, RunningEdge
from tests.integration.api.test_access import key

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
HOOK = "https://hooks.example.com/path/token-1234"
LATER = (NOW + timedelta(hours=2)).isoformat()


@pytest.fixture
def edge(topics: Topics, make_edge: Callable[..., RunningEdge]) -> Iterator[RunningEdge]:
    """An edge that asks everybody who they are, and can seal."""
    running = make_edge(authentication="on", secret_key=new_key())
    running.start()
    yield running
    running.stop()


@pytest.fixture
async def ann(edge: RunningEdge) -> str:
    return await key(edge, Role.VIEWER)


@pytest.fixture
async def admin(edge: RunningEdge) -> str:
    return await key(edge, Role.ADMIN)


async def ask(
    edge: RunningEdge, token: str, method: str, path: str, body: Any = None, status: int = 200
) -> Any:
    async with edge.http(token) as http:
        answer = await http.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()["data"] if answer.is_success else answer.json()


async def a_channel(edge: RunningEdge, token: str, address: str = SLACK, **fields: Any) -> Any:
    body = {"name": f"chat-{uuid4().hex[:6]}", "address": address} | fields
    return (await ask(edge, token, "POST", "/channels", body, 201))["channel"]


async def rows(edge: RunningEdge, query: str, *values: Any) -> list[Any]:
    url = edge.settings.database_url.get_secret_value()
    async with await psycopg.AsyncConnection.connect(url) as connection:
        cursor = await connection.execute(query.encode(), values)
        return await cursor.fetchall() if cursor.description else []


async def test_a_subscription_comes_changes_and_goes(edge: RunningEdge, ann: str) -> None:
    chat, pager = await a_channel(edge, ann), await a_channel(edge, ann, HOOK)
    asked = {
        "name": "orders",
        "channels": [chat["id"]],
        "assetPattern": "warehouse.*",
        "alertTypes": ["sudden_drop"],
        "minimumSeverity": "high",
        "escalations": [{"afterSeconds": 900, "channels": [pager["id"]]}],
        "quietHours": {"start": "22:00", "end": "07:00", "timeZone": "Europe/Berlin"},
        "groupBy": "source",
        "repeatIntervalSeconds": 3600,
        "mutedBySource": True,
    }
    made = await ask(edge, ann, "POST", "/subscriptions", asked, 201)
    assert made["actor"].startswith("key:viewer")
    assert made["scope"] == ["*"]
    assert (made["groupWaitSeconds"], made["groupIntervalSeconds"]) == (30, 300)
    assert made["quietHours"] == asked["quietHours"] | {"unless": None}
    assert made["escalations"] == asked["escalations"]
    path = f"/subscriptions/{made['id']}"
    assert await ask(edge, ann, "GET", path) == made
    changed = await ask(
        edge, ann, "PUT", path, {"name": "all", "channels": [pager["id"]], "enabled": False}
    )
    assert changed["id"] == made["id"]
    assert (changed["assetPattern"], changed["quietHours"], changed["escalations"]) == (
        None, None, [],
    )  # fmt: skip
    assert (changed["channels"], changed["enabled"]) == ([pager["id"]], False)
    assert (changed["groupWaitSeconds"], changed["minimumSeverity"]) == (0, "medium")
    assert changed["updatedAt"] > made["updatedAt"]
    assert await ask(edge, ann, "GET", "/subscriptions") == [changed]
    assert await ask(edge, ann, "DELETE", path) == changed
    assert await ask(edge, ann, "GET", "/subscriptions") == []
    assert (await ask(edge, ann, "GET", path, status=404))["code"] == "not_found"


NO_SUBSCRIPTIONS = [
    ({"channels": []}, "channels"),
    ({"channels": [str(uuid4())]}, "channels"),
    ({"escalations": [{"afterSeconds": 0, "channels": [str(uuid4())]}]}, "escalations"),
    ({"quietHours": {"start": "7", "end": "08:00", "timeZone": "UTC"}}, "quietHours.start"),
    ({"quietHours": {"start": "07:00", "end": "07:00", "timeZone": "UTC"}}, "quietHours.end"),
    (
        {"quietHours": {"start": "07:00", "end": "08:00", "timeZone": "Mars/Olympus"}},
        "quietHours.timeZone",
    ),
    ({"quietHours": {"start": "07:00", "end": "08:00", "timeZone": "../../etc"}}, "quietHours"),
    ({"alertTypes": ["bad"]}, "alertTypes"),
    ({"minimumSeverity": "worst"}, "minimumSeverity"),
    ({"repeatIntervalSeconds": 0}, "repeatIntervalSeconds"),
    ({"assetPattern": ""}, "assetPattern"),
    ({"actor": "key:bob"}, "actor"),
    ({"unknown": 1}, "unknown"),
]


async def test_a_field_that_makes_no_sense_is_named(edge: RunningEdge, ann: str) -> None:
    channel = await a_channel(edge, ann)
    for change, field in NO_SUBSCRIPTIONS:
        body = {"name": "x", "channels": [channel["id"]]} | change
        problem = await ask(edge, ann, "POST", "/subscriptions", body, 422)
        assert problem["errors"][0]["field"].startswith(field), change
    assert await ask(edge, ann, "GET", "/subscriptions") == []


async def test_a_repeated_request_makes_one(edge: RunningEdge, ann: str) -> None:
    channel = await a_channel(edge, ann)
    body = {"name": "x", "channels": [channel["id"]]}
    async with edge.http(ann) as http:
        answers = [
            await http.post("/subscriptions", json=body, headers={"Idempotency-Key": "1"})
            for _ in range(2)
        ]
    assert answers[0].json() == answers[1].json()
    assert len(await ask(edge, ann, "GET", "/subscriptions")) == 1


async def test_what_is_anothers_is_out_of_reach_but_not_for_an_admin(
    edge: RunningEdge, ann: str, admin: str
) -> None:
    channel = await a_channel(edge, ann)
    body = {"name": "x", "channels": [channel["id"]]}
    made = await ask(edge, ann, "POST", "/subscriptions", body, 201)
    bob = await key(edge, Role.OPERATOR)
    path, channel_path = f"/subscriptions/{made['id']}", f"/channels/{channel['id']}"
    for method, where, sent in (
        ("GET", path, None), ("PUT", path, body), ("DELETE", path, None),
        ("GET", channel_path, None), ("PATCH", channel_path, {"name": "y"}),
        ("DELETE", channel_path, None), ("POST", channel_path + "/test", None),
    ):  # fmt: skip
        await ask(edge, bob, method, where, sent, 404)
    assert await ask(edge, bob, "GET", "/subscriptions") == []
    assert await ask(edge, bob, "GET", "/channels") == []
    assert (await ask(edge, bob, "POST", "/subscriptions", body, 422))["errors"][0]["field"] == (
        "channels"
    )
    assert await ask(edge, admin, "GET", "/subscriptions") == [made]
    kept = await ask(edge, admin, "PUT", path, body | {"name": "renamed"})
    assert (kept["actor"], kept["name"]) == (made["actor"], "renamed")
    await ask(edge, admin, "DELETE", path)


async def test_an_admin_subscribes_somebody_else(edge: RunningEdge, ann: str, admin: str) -> None:
    channel = await a_channel(edge, ann)
    body = {"name": "x", "channels": [channel["id"]], "actor": channel["actor"]}
    await ask(edge, admin, "POST", "/subscriptions", body, 201)
    (mine,) = await ask(edge, ann, "GET", "/subscriptions")
    assert mine["actor"] == channel["actor"]


async def test_a_subscription_reaches_no_further_than_its_author(edge: RunningEdge) -> None:
    sales = await key(edge, Role.VIEWER, ["sales.*"])
    channel = await a_channel(edge, sales)
    body = {"name": "x", "channels": [channel["id"]], "assetPattern": "*"}
    assert (await ask(edge, sales, "POST", "/subscriptions", body, 201))["scope"] == ["sales.*"]


ADDRESSES = [
    (SLACK, "apprise", "Slack", "slack://****"),
    (HOOK, "webhook", "Webhook", "https://hooks.example.com/****"),
    ("websocket://", "websocket", "Dashboard", "websocket://"),
]


async def test_an_address_is_sealed_and_never_told(edge: RunningEdge, ann: str, admin: str) -> None:
    for address, kind, service, shown in ADDRESSES:
        body = {"name": service, "address": address}
        made = await ask(edge, ann, "POST", "/channels", body, 201)
        channel = made["channel"]
        assert (channel["kind"], channel["service"], channel["address"]) == (kind, service, shown)
        assert (made["secret"] is not None) == (kind == "webhook")
    query = "SELECT name, sealed_address, c::text FROM notification_channels c"
    found = await rows(edge, query)
    told = str([await ask(edge, who, "GET", "/channels") for who in (ann, admin)])
    for secret in ("token-1234", "TIiajkdnlazkcOXrIdevi7FQ", "A1BRTD4JD"):
        assert secret not in told + str([kept for _, _, kept in found])
    addresses = {service: address for address, _, service, _ in ADDRESSES}
    for service, sealed, _ in found:
        if sealed is not None:
            assert Sealing(edge.settings).open(bytes(sealed)) == addresses[service]


NO_CHANNELS = [
    ({"address": "nonsense"}, "address", "must be a URL"),
    ({"address": "foo://x"}, "address", "foo:// is not served"),
    ({"address": "http://169.254.169.254/latest"}, "address", "is a private address"),
    ({"address": "json://example.com"}, "address", "give the http:// or https://"),
    ({"address": SLACK, "secret": "x"}, "secret", "only webhooks have one"),
    ({"address": HOOK, "secret": "x"}, "secret", "must be whsec_"),
    ({"address": "websocket://", "shared": True}, "shared", "own actor's dashboards"),
    ({"address": HOOK, "name": ""}, "name", "length >= 1"),
]


async def test_a_channel_that_makes_no_sense_is_refused(edge: RunningEdge, ann: str) -> None:
    for body, field, reason in NO_CHANNELS:
        problem = await ask(edge, ann, "POST", "/channels", {"name": "x"} | body, 422)
        assert problem["errors"][0]["field"] == field
        assert reason in problem["errors"][0]["message"]


async def test_a_channel_changes_and_goes_when_nobody_needs_it(
    edge: RunningEdge, ann: str, admin: str
) -> None:
    channel, other = await a_channel(edge, ann, shared=True), await a_channel(edge, ann, HOOK)
    path = f"/channels/{channel['id']}"
    bob = await key(edge, Role.VIEWER)
    body = {"name": "bob's", "channels": [channel["id"]]}
    subscription = await ask(edge, bob, "POST", "/subscriptions", body, 201)
    assert await ask(edge, bob, "GET", "/channels") == [channel]
    await ask(edge, bob, "PATCH", path, {"name": "mine"}, 404)
    changed = await ask(edge, ann, "PATCH", path, {"name": "team", "repeatable": True})
    assert (changed["name"], changed["repeatable"], changed["address"]) == (
        "team", True, "slack://****",
    )  # fmt: skip
    for method, sent in (("DELETE", None), ("PATCH", {"shared": False})):
        problem = await ask(edge, ann, method, path, sent, 409)
        assert problem["code"] == "conflict"
        assert "bob's of key:viewer" in problem["detail"]
    assert (
        "channel: make another"
        in (await ask(edge, ann, "PATCH", path, {"address": HOOK}, 422))["detail"]
    )
    taken = await ask(edge, ann, "PATCH", path, {"name": other["name"]}, 409)
    assert "already" in taken["detail"]
    await ask(edge, bob, "DELETE", f"/subscriptions/{subscription['id']}")
    await ask(edge, ann, "DELETE", path)
    assert [one["id"] for one in await ask(edge, ann, "GET", "/channels")] == [other["id"]]


async def test_without_a_key_an_edge_keeps_no_addresses(
    topics: Topics, make_edge: Callable[..., RunningEdge]
) -> None:
    running = make_edge()
    running.start()
    async with running.http() as http:
        answer = await http.post("/channels", json={"name": "x", "address": HOOK})
        assert answer.status_code == 422
        assert "TIDEMARK_SECRET_KEY is not set" in answer.json()["detail"]
        socket = {"name": "x", "address": "websocket://"}
        assert (await http.post("/channels", json=socket)).status_code == 201
    running.stop()


async def test_silences_are_made_and_ended_by_who_takes_steps(edge: RunningEdge, ann: str) -> None:
    operator = await key(edge, Role.OPERATOR)
    asked = {"comment": "known", "assetPattern": "warehouse.*", "endsAt": LATER}
    await ask(edge, ann, "POST", "/silences", asked, 403)
    made = await ask(edge, operator, "POST", "/silences", asked, 201)
    assert made["actor"].startswith("key:operator")
    assert await ask(edge, ann, "GET", "/silences") == [made]
    path = f"/silences/{made['id']}"
    longer = (NOW + timedelta(days=1)).isoformat()
    moved = await ask(edge, operator, "PUT", path, asked | {"endsAt": longer})
    assert moved["endsAt"] > made["endsAt"]
    ended = await ask(edge, operator, "DELETE", path)
    assert ended["endsAt"] < made["endsAt"]
    assert await ask(edge, ann, "GET", "/silences") == []
    assert await ask(edge, ann, "GET", "/silences?ended=true") == [ended]


NO_SILENCES = [
    ({"assetPattern": None}, "assetPattern"),
    ({"endsAt": NOW.isoformat()}, "endsAt"),
    ({"startsAt": LATER}, "endsAt"),
    ({"comment": ""}, "comment"),
]


async def test_a_silence_that_makes_no_sense_is_refused(
    edge: RunningEdge,
) -> None:
    operator = await key(edge, Role.OPERATOR)
    for change, field in NO_SILENCES:
        asked = {"comment": "known", "assetPattern": "a", "endsAt": LATER} | change
        problem = await ask(edge, operator, "POST", "/silences", asked, 422)
        assert problem["errors"][0]["field"] == field


async def test_who_sees_some_assets_sees_their_silences(edge: RunningEdge) -> None:
    sales = await key(edge, Role.OPERATOR, ["sales.*"])
    crm = await key(edge, Role.OPERATOR, ["crm.*"])
    everything = await key(edge, Role.OPERATOR)
    asked = {"comment": "known", "endsAt": LATER}
    wide = await ask(edge, everything, "POST", "/silences", asked | {"assetPattern": "*"}, 201)
    own = await ask(edge, sales, "POST", "/silences", asked | {"assetPattern": "sales.x"}, 201)
    assert own["scope"] == ["sales.*"]
    assert await ask(edge, sales, "GET", "/silences") == [own]
    assert await ask(edge, crm, "GET", "/silences") == []
    await ask(edge, crm, "DELETE", f"/silences/{own['id']}", status=404)
    assert {one["id"] for one in await ask(edge, everything, "GET", "/silences")} == {
        wide["id"], own["id"],
    }  # fmt: skip


async def test_maintenance_windows(edge: RunningEdge, ann: str) -> None:
    operator = await key(edge, Role.OPERATOR)
    weekly = {
        "name": "upgrade", "source": "warehouse", "schedule": "0 2 * * sun",
        "durationSeconds": 7200, "timeZone": "Europe/Berlin",
    }  # fmt: skip
    made = await ask(edge, operator, "POST", "/maintenance", weekly, 201)
    assert {name: made[name] for name in weekly} == weekly
    once = {"name": "move", "assetPattern": "*", "startsAt": NOW.isoformat(), "endsAt": LATER}
    path = f"/maintenance/{made['id']}"
    changed = await ask(edge, operator, "PUT", path, once)
    assert (changed["schedule"], changed["source"]) == (None, None)
    assert await ask(edge, ann, "GET", "/maintenance") == [changed]
    for change, field in (
        ({"schedule": "every sunday night"}, "schedule"),
        ({"schedule": "0 2 * * sun * *"}, "schedule"),
        ({"durationSeconds": None}, "durationSeconds"),
        ({"timeZone": "Berlin"}, "timeZone"),
        ({"schedule": None}, "startsAt"),
        ({"source": None}, "assetPattern"),
    ):
        problem = await ask(edge, operator, "POST", "/maintenance", weekly | change, 422)
        assert problem["errors"][0]["field"] == field
    await ask(edge, ann, "DELETE", path, status=403)
    await ask(edge, operator, "DELETE", path)
    assert await ask(edge, ann, "GET", "/maintenance") == []


async def test_owners(edge: RunningEdge, ann: str) -> None:
    sales = await key(edge, Role.OPERATOR, ["sales.*"])
    asked = {"assetPattern": "sales.eu.*", "owner": "sales team"}
    made = await ask(edge, sales, "POST", "/owners", asked, 201)
    assert await ask(edge, ann, "GET", "/owners") == [made]
    assert "already" in (await ask(edge, sales, "POST", "/owners", asked, 409))["detail"]
    beyond = {"assetPattern": "*", "owner": "me"}
    assert (await ask(edge, sales, "POST", "/owners", beyond, 422))["errors"][0]["field"] == (
        "assetPattern"
    )
    path = f"/owners/{made['id']}"
    assert (await ask(edge, sales, "PUT", path, asked | {"owner": "eu"}))["owner"] == "eu"
    crm = await key(edge, Role.OPERATOR, ["crm.*"])
    assert await ask(edge, crm, "GET", "/owners") == []
    await ask(edge, crm, "DELETE", path, status=404)
    await ask(edge, sales, "DELETE", path)


async def test_a_test_is_ordered_seen_and_ordered_again(
    edge: RunningEdge, ann: str, admin: str
) -> None:
    channel = await a_channel(edge, ann)
    ordered = await ask(edge, ann, "POST", f"/channels/{channel['id']}/test", status=202)
    assert (ordered["state"], ordered["attempts"]) == ("pending", 0)
    assert ordered["notification"]["test"] is True
    assert ordered["notification"]["id"] == ordered["id"]
    assert await ask(edge, ann, "GET", "/deliveries") == [ordered]
    assert await ask(edge, admin, "GET", f"/deliveries/{ordered['id']}") == ordered
    bob = await key(edge, Role.VIEWER)
    assert await ask(edge, bob, "GET", "/deliveries") == []
    path = f"/deliveries/{ordered['id']}/retry"
    assert "pending" in (await ask(edge, ann, "POST", path, status=409))["detail"]
    await rows(
        edge, "UPDATE notification_deliveries SET state = 'failed', attempts = 8, error = 'no'"
    )
    await ask(edge, bob, "POST", path, status=404)
    again = await ask(edge, ann, "POST", path, status=202)
    assert (again["state"], again["attempts"], again["error"]) == ("pending", 0, None)


async def test_deliveries_are_found_by_what_they_are_about(edge: RunningEdge, ann: str) -> None:
    one, other = await a_channel(edge, ann), await a_channel(edge, ann, HOOK)
    made = [
        await ask(edge, ann, "POST", f"/channels/{channel['id']}/test", status=202)
        for channel in (one, other, one)
    ]
    alert = uuid4()
    await rows(
        edge,
        "INSERT INTO notification_delivery_alerts "
        "(channel_id, alert_id, occasion, activation, delivery_id) VALUES (%s, %s, 'x', %s, %s)",
        other["id"], alert, uuid4(), made[1]["id"],
    )  # fmt: skip

    async def found(query: str) -> list[str]:
        return [one["id"] for one in await ask(edge, ann, "GET", f"/deliveries?{query}")]

    newest_first = [one["id"] for one in reversed(made)]
    assert await found("") == newest_first
    assert await found(f"channelId={one['id']}") == [made[2]["id"], made[0]["id"]]
    assert await found(f"alertId={alert}") == [made[1]["id"]]
    assert await found("state=sent,failed") == []
    assert await found("state=pending") == newest_first
    async with edge.http(ann) as http:
        paged: list[str] = []
        cursor = ""
        while len(paged) < 3:
            answer = (await http.get(f"/deliveries?limit=2{cursor}")).json()
            paged += [one["id"] for one in answer["data"]]
            cursor = f"&cursor={answer['nextCursor']}"
    assert paged == newest_first


async def test_what_is_held_back_is_told_to_its_subscriber(edge: RunningEdge, ann: str) -> None:
    channel = await a_channel(edge, ann)
    body = {"name": "mine", "channels": [channel["id"]]}
    subscription = await ask(edge, ann, "POST", "/subscriptions", body, 201)
    alert = uuid4()
    await rows(
        edge,
        "INSERT INTO routed_alerts (alert_id, severity, status, asset_id, alert, activation, "
        "steps, partition, \"offset\") VALUES (%s, 'high', 'active', 'a', '{}', %s, '{}', 0, 0)",
        alert, uuid4(),
    )  # fmt: skip
    await rows(
        edge, "INSERT INTO notification_groups (subscription_id, key) VALUES (%s, 'k')",
        subscription["id"],
    )  # fmt: skip
    await rows(
        edge,
        "INSERT INTO notification_items (subscription_id, alert_id, group_key, held) "
        "VALUES (%s, %s, 'k', 'quiet hours')",
        subscription["id"], alert,
    )  # fmt: skip
    (held,) = await ask(edge, ann, "GET", "/deliveries/held")
    assert held == {
        "subscriptionId": subscription["id"], "subscription": "mine", "alertId": str(alert),
        "assetId": "a", "severity": "high", "reason": "quiet hours",
    }  # fmt: skip
    bob = await key(edge, Role.VIEWER)
    assert await ask(edge, bob, "GET", "/deliveries/held") == []


async def test_an_ingester_has_no_part_in_it(edge: RunningEdge) -> None:
    ingester = await key(edge, Role.INGESTER)
    for path in ("subscriptions", "channels", "silences", "maintenance", "owners", "deliveries"):
        await ask(edge, ingester, "GET", f"/{path}", status=403)


async def test_ids_that_are_none_are_not_found(edge: RunningEdge, ann: str) -> None:
    async with edge.http(ann) as http:
        answers: list[httpx.Response] = [
            await http.request(method, path)
            for method, path in (
                ("GET", "/subscriptions/x"), ("DELETE", f"/subscriptions/{uuid4()}"),
                ("POST", "/channels/x/test"), ("GET", f"/deliveries/{uuid4()}"),
            )
        ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [404] * 4
