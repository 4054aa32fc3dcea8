"""Every route of the table, for everybody who may come: a new one is covered by itself."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from api.auth.caller import ROLES, Permission
from api.endpoint import Endpoint
from api.routes import ENDPOINTS
from pipeline.channels.sealing import new_key
from pipeline.topics import Topics
from schemas.rest import Role
from tests.integration.api.conftest import NOW, RunningEdge, Stream, an_alert
from tests.integration.api.test_access import key
from tests.integration.api.test_routing import HOOK, ask, rows
from tests.integration.api.test_scopes import OF_JOBS, OF_THE_SYSTEM, measure

MINE, SECRET = "sales.x", "hr.confidential"
MARK = "confidential"
LATER = (NOW + timedelta(hours=2)).isoformat()
SILENCE = {"comment": MARK, "assetPattern": SECRET, "endsAt": LATER}
WINDOW = {"name": MARK, "assetPattern": SECRET, "startsAt": NOW.isoformat(), "endsAt": LATER}
OWNER = {"assetPattern": SECRET, "owner": MARK}
EVENT = {"assetId": SECRET, "metricType": "score", "value": 9, "timestamp": NOW.isoformat()}
QUIET = {"/deliveries/held"}
"""Has nothing to tell unless something is held back."""
SUMS = {"/stats", "/trends"}
"""Name nothing; test_scopes.py compares them with and without what lies outside."""
TABLES = [
    "notification_channels", "alert_subscriptions", "alert_silences", "maintenance_windows",
    "asset_owners", "notification_deliveries", "quality_alerts_realtime", "alert_audit",
]  # fmt: skip


@pytest.fixture
def edge(topics: Topics, make_edge: Callable[..., RunningEdge]) -> Iterator[RunningEdge]:
    running = make_edge(authentication="on", secret_key=new_key(), requests_per_second=0)
    running.start()
    yield running
    running.stop()


class World:
    """What an unbound admin keeps about an asset that others must not know of."""

    def __init__(self, ids: dict[str, str]) -> None:
        self._ids = ids | {"asset_id": SECRET, "kind": "csv"}

    def paths(self, endpoint: Endpoint) -> list[str]:
        """Return the endpoint's address, with what lies outside in its path."""
        path = endpoint.address
        for name, value in self._ids.items():
            path = re.sub(rf"{{{name}(:\w+)?}}", value, path)
        if "{dataset}" in path:
            return [path.replace("{dataset}", one) for one in ("alerts", "history", "trends")]
        assert "{" not in path, f"say in World what stands for the parameter in {path}"
        return [path]

    def body(self, endpoint: Endpoint) -> Any:
        """Return what a request that means to do harm would say."""
        if endpoint.body is None:
            return None
        channel = {"name": "x", "channels": [self._ids["channel_id"]]}
        bodies: dict[str, Any] = {
            "/events": EVENT, "/feeds/{kind}": {}, "/api/v1/lineage": {},
            "/alerts/bulk": {"action": "ignore", "filter": {"assetId": SECRET}},
            "/alerts/{alert_id}/resolve": {"resolution": "x"},
            "/alerts/{alert_id}/comment": {"comment": "x"},
            "/alerts/{alert_id}/assign": {"assignee": "x"},
            "/alerts/{alert_id}/acknowledge": {}, "/alerts/{alert_id}/ignore": {},
            "/alerts/{alert_id}/reopen": {},
            "/silences": SILENCE, "/silences/{silence_id}": SILENCE,
            "/maintenance": WINDOW, "/maintenance/{window_id}": WINDOW,
            "/owners": OWNER, "/owners/{owner_id}": OWNER,
            "/channels": {"name": "x", "address": HOOK}, "/channels/{channel_id}": {"name": "x"},
            "/subscriptions": channel, "/subscriptions/{subscription_id}": channel,
        }  # fmt: skip
        return bodies[endpoint.path]


@pytest.fixture
async def admin(edge: RunningEdge) -> str:
    return await key(edge, Role.ADMIN)


@pytest.fixture
async def world(edge: RunningEdge, admin: str, stream: Stream) -> World:
    alert = an_alert(SECRET)
    await measure(edge, MINE, "shop")
    await measure(edge, SECRET, MARK)
    await stream.store(an_alert(MINE), alert)

    async def make(path: str, body: dict[str, Any]) -> Any:
        return await ask(edge, admin, "POST", path, body, 201)

    channel = (await make("/channels", {"name": MARK, "address": HOOK}))["channel"]
    asked = {"name": MARK, "channels": [channel["id"]], "assetPattern": SECRET}
    delivery = await ask(edge, admin, "POST", f"/channels/{channel['id']}/test", status=202)
    await ask(edge, admin, "POST", f"/alerts/{alert.id}/comment", {"comment": MARK})
    made = {
        "alert_id": str(alert.id),
        "channel_id": channel["id"],
        "delivery_id": delivery["id"],
        "subscription_id": (await make("/subscriptions", asked))["id"],
        "silence_id": (await make("/silences", SILENCE))["id"],
        "window_id": (await make("/maintenance", WINDOW))["id"],
        "owner_id": (await make("/owners", OWNER))["id"],
    }
    return World(made)


async def send(
    edge: RunningEdge, token: str | None, endpoint: Endpoint, path: str, body: Any
) -> Any:
    async with edge.http(token) as http:
        query = {"assetId": SECRET} if needs_asset(endpoint) else {}
        return await http.request(
            endpoint.method, f"{edge.url}{path}", json=body, params=query if body is None else {}
        )


def needs_asset(endpoint: Endpoint) -> bool:
    return endpoint.path in {"/metrics/history", "/forecast", "/limits", "/thresholds"}


async def test_nobody_unknown_is_served_anything(edge: RunningEdge, world: World) -> None:
    for endpoint in ENDPOINTS:
        for path in world.paths(endpoint):
            for token in (None, "tmk_0123456789ab_guess", "a.b.c"):
                answer = await send(edge, token, endpoint, path, world.body(endpoint))
                assert answer.status_code in (401, 429), (endpoint.method, path)
                assert MARK not in answer.text.replace(path, "")


@pytest.mark.parametrize("role", Role)
async def test_a_role_is_served_what_it_may(edge: RunningEdge, world: World, role: Role) -> None:
    token = await key(edge, role, ["sales.*"])
    for endpoint in ENDPOINTS:
        may = endpoint.permission in ROLES[role]
        for path in world.paths(endpoint):
            answer = await send(edge, token, endpoint, path, world.body(endpoint))
            assert (answer.status_code != 403) == may, (role, endpoint.method, path, answer.text)
            assert answer.status_code < 500, (endpoint.method, path, answer.text)


@pytest.mark.parametrize("role", [role for role in Role if Permission.READ in ROLES[role]])
async def test_no_answer_speaks_of_what_lies_outside(
    edge: RunningEdge, admin: str, world: World, role: Role
) -> None:
    bound = await key(edge, role, ["sales.*"])
    silent = set()
    for endpoint in ENDPOINTS:
        if endpoint.method != "GET":
            continue
        seen = False
        for path in world.paths(endpoint):
            answer = await send(edge, bound, endpoint, path, None)
            # What was asked for may come back in a refusal; nothing else may.
            told = answer.text.replace(path, "").replace(f'"{SECRET}"', "").replace(SECRET, "", 1)
            assert MARK not in told, (endpoint.method, path, answer.text)
            assert answer.status_code in (200, 404, 422), (path, answer.text)
            if role is Role.VIEWER:
                seen = seen or MARK in (await send(edge, admin, endpoint, path, None)).text
        if not seen:
            silent.add(endpoint.path)
    if role is Role.VIEWER:
        assert silent <= OF_THE_SYSTEM | OF_JOBS | QUIET | SUMS, "the test would not notice these"


@pytest.mark.parametrize("role", Role)
async def test_nothing_outside_is_changed(edge: RunningEdge, world: World, role: Role) -> None:
    bound = await key(edge, role, ["sales.*"])
    kept = "UNION ALL ".join(f"SELECT '{one}', t::text FROM {one} t " for one in TABLES)
    before = set(await rows(edge, kept))
    for endpoint in ENDPOINTS:
        if endpoint.method == "GET":
            continue
        for path in world.paths(endpoint):
            answer = await send(edge, bound, endpoint, path, world.body(endpoint))
            assert answer.status_code < 500, (endpoint.method, path, answer.text)
    after = set(await rows(edge, kept))
    assert before - after == set(), "what others keep has changed or gone"
