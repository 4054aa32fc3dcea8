"""One push to many: serialised once, nobody waits for anybody."""

import json
from typing import Any

import pytest

from api.auth.caller import LOOPBACK
from api.live.client import Client
from api.live.hub import Hub
from api.live.outbox import LineLost
from api.live.position import Cursor
from pipeline.settings import Settings
from schemas.websocket import CloseCode, Selection, Subscription
from tests.unit.api.events import alert, change
from tests.unit.api.lines import FakeLine, frame


def a_hub(**settings: Any) -> Hub:
    hub = Hub(Settings(**settings))
    hub.feed.cursor = Cursor(b"mark", {change().place: 0, alert().place: 0})
    return hub


def join(hub: Hub, *assets: str) -> tuple[Client, FakeLine]:
    line = FakeLine()
    client = Client(hub, line, "127.0.0.1", "test")
    client.caller = LOOPBACK
    hub.add(client)
    if assets:
        client.subscribe(Selection(asset_ids=list(assets)))
    return client, line


async def test_a_message_is_one_object_for_all_who_get_it() -> None:
    hub = a_hub()
    lines = [join(hub, *assets)[1] for assets in (["a"], ["*"], ["a", "[a]"], ["b"], [])]
    hub.publish(change("a"))
    (first,), (second,), (third,), *others = [line.frames for line in lines]
    assert first is second is third
    assert others == [[], []]
    assert hub.delivered == 3


async def test_a_stuck_line_costs_the_others_nothing() -> None:
    hub = a_hub(ws_buffer_messages=3)
    (stuck, stuck_line), (_, fast_line) = join(hub, "*"), join(hub, "*")
    stuck_line.shut()
    for _ in range(10):
        hub.publish(change("a"))
    assert len(fast_line.frames) == 10
    assert len(stuck.outbox.pending) == 1, "changes of one asset and metric conflate"
    assert hub.stalled == [stuck]
    for _ in range(3):
        hub.publish(alert("a"))
    assert stuck_line.closed is not None
    assert stuck_line.closed[0] == CloseCode.TRY_AGAIN_LATER
    assert len(fast_line.frames) == 13
    assert hub.slow_disconnects == 1
    hub.publish(alert("a"))
    assert stuck not in hub.clients
    assert len(fast_line.frames) == 14


async def test_who_has_left_is_not_indexed_again() -> None:
    hub = a_hub()
    client, _ = join(hub, "a", "b*")
    client.leave()
    with pytest.raises(LineLost):
        client.subscribe(Selection(asset_id="a"))
    with pytest.raises(LineLost):
        client.replace_subscriptions([Subscription(assets=["*"])])
    assert not hub.index.recipients(change("a"))


async def test_a_goodbye_amid_a_resume_tells_no_position() -> None:
    """What is held has positions past what the resume has yet to send."""
    hub = a_hub()
    client, line = join(hub, "*")
    client.outbox.hold()
    hub.publish(change("a"))
    await client.outbox.send_ahead(frame("missed"))
    line.on_shutdown()
    assert line.texts[0] == "missed"
    (farewell,) = map(json.loads, line.texts[1:])
    assert farewell["type"] == "server_shutdown"
    assert "position" not in farewell


async def test_a_goodbye_comes_after_what_waits() -> None:
    hub = a_hub()
    _, line = join(hub, "*")
    line.shut()
    hub.publish(change("a"))
    line.on_shutdown()
    assert [message["type"] for message in line.messages] == ["metric_change", "server_shutdown"]
