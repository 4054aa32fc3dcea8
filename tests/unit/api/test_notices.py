"""Notifications reach the sockets of their actor, and no others."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec

from api.auth.caller import Caller
from api.auth.scope import Scope
from api.live.client import Client
from api.live.hub import Hub
from api.live.notices import Notices
from pipeline.settings import Settings
from schemas.notifications import ActorNotification, Notification, NotifiedAlert, Occasion
from schemas.rest import Role
from tests.unit.api.lines import FakeLine
from tests.unit.operators.routing.samples import an_alert


def a_notice(actor: str, *assets: str, test: bool = False) -> bytes:
    alerts = [
        NotifiedAlert(occasion=Occasion.RAISED, alert=an_alert(asset_id=asset)) for asset in assets
    ]
    notification = Notification(id=uuid4(), created_at=datetime.now(UTC), alerts=alerts, test=test)
    return msgspec.json.encode(ActorNotification(actor=actor, notification=notification))


class Room:
    def __init__(self) -> None:
        self.hub = Hub(Settings())
        self.notices = Notices(Settings(), self.hub)

    def join(self, actor: str | None, *assets: str) -> FakeLine:
        line = FakeLine()
        client = Client(self.hub, line, "127.0.0.1", "test")
        if actor is not None:
            client.caller = Caller(actor, Role.VIEWER, Scope(assets or ["*"]))
        self.hub.add(client)
        return line


def heard(line: FakeLine) -> list[dict[str, Any]]:
    return [json.loads(frame[frame.index(b"{") :]) for frame in line.frames]


async def test_every_socket_of_the_actor_hears_it_and_nobody_else() -> None:
    room = Room()
    ann, again, bob, nobody = (room.join(who) for who in ("ann", "ann", "bob", None))
    room.notices.take(a_notice("ann", "warehouse.orders"))
    for line in (ann, again):
        (message,) = heard(line)
        assert message["type"] == "notification"
        assert message["payload"]["alerts"][0]["alert"]["assetId"] == "warehouse.orders"
    assert heard(bob) == heard(nobody) == []


async def test_a_token_sees_no_more_here_than_elsewhere() -> None:
    room = Room()
    sales, crm = room.join("ann", "sales.*"), room.join("ann", "crm.*")
    room.notices.take(a_notice("ann", "sales.a", "warehouse.b"))
    ((message,), nothing) = heard(sales), heard(crm)
    assert [one["alert"]["assetId"] for one in message["payload"]["alerts"]] == ["sales.a"]
    assert nothing == []


async def test_a_test_is_heard_and_a_repeat_is_not() -> None:
    room = Room()
    ann = room.join("ann", "sales.*")
    notice = a_notice("ann", test=True)
    for raw in (notice, notice, b"nonsense", None):
        room.notices.take(raw)
    assert [message["payload"]["test"] for message in heard(ann)] == [True]
