"""From REST to the receiver: an edge and a notifier together, and the command line."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
import websockets

from devstack.ports import free_port
from pipeline.channels.sealing import Sealing, new_key
from pipeline.settings import Settings
from tests.conftest import ROOT, Starter, environment
from tests.integration.api.conftest import RunningEdge
from tests.integration.notifications.conftest import (
    Mailbox,
    Receiver,
    Routing,
    an_alert,
    arrived,
    eventually,
)


@pytest.fixture
async def edge(routing: Routing, start_tidemark: Starter) -> AsyncIterator[RunningEdge]:
    given = routing.settings.model_dump(exclude_unset=True) | {"http_port": free_port()}
    running = RunningEdge(start_tidemark, Settings(**given))
    running.start()
    yield running
    running.stop()


async def ask(edge: RunningEdge, method: str, path: str, body: Any = None) -> Any:
    async with edge.http() as http:
        answer = await http.request(method, path, json=body)
    assert answer.is_success, answer.text
    return answer.json()["data"]


async def test_who_subscribes_over_rest_is_told(
    edge: RunningEdge, routing: Routing, receiver: Receiver
) -> None:
    routing.start()
    hook = await ask(edge, "POST", "/channels", {"name": "hook", "address": receiver.url})
    mine = await ask(edge, "POST", "/channels", {"name": "mine", "address": "websocket://"})
    routing.secret = hook["secret"]
    ids = [one["channel"]["id"] for one in (hook, mine)]
    asked = {"name": "orders", "channels": ids, "assetPattern": "warehouse.*"}
    subscription = await ask(edge, "POST", "/subscriptions", asked)
    async with websockets.connect(edge.socket_url) as socket:
        assert json.loads(await socket.recv())["type"] == "connected"
        # The edge has begun to read once a test comes through.
        tested = await ask(edge, "POST", f"/channels/{ids[1]}/test")
        message = json.loads(await asyncio.wait_for(socket.recv(), 20))
        assert (message["type"], message["payload"]["id"]) == ("notification", tested["id"])
        alert = an_alert()
        await routing.push(alert, an_alert("crm.users"))
        message = json.loads(await asyncio.wait_for(socket.recv(), 20))
        assert message["payload"]["alerts"][0]["alert"]["id"] == str(alert.id)
    await arrived(receiver.received, 1)

    async def sent() -> Any:
        found = await ask(edge, "GET", f"/deliveries?alertId={alert.id}&state=sent")
        return found if len(found) == 2 else None

    found = await eventually(sent)
    assert {one["channelName"] for one in found} == {"hook", "mine"}
    assert {one["subscriptionId"] for one in found} == {subscription["id"]}


async def test_a_message_that_was_given_up_is_sent_when_somebody_asks(
    edge: RunningEdge, routing: Routing, receiver: Receiver
) -> None:
    receiver.answers = [500]
    routing.start(notify_attempts=1)
    hook = await ask(edge, "POST", "/channels", {"name": "hook", "address": receiver.url})
    tested = await ask(edge, "POST", f"/channels/{hook['channel']['id']}/test")
    await routing.reached("failed")
    receiver.answers = [200]
    await ask(edge, "POST", f"/deliveries/{tested['id']}/retry")
    await routing.reached("sent")
    assert len({one.headers["webhook-id"] for one in receiver.received}) == 1


def tidemark(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "notify", *arguments],
        cwd=ROOT,
        env=os.environ | environment(settings),
        capture_output=True,
        text=True,
        check=False,
    )


async def try_out(routing: Routing, *arguments: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(tidemark, routing.settings, *arguments)


async def test_a_channel_is_tried_from_the_command_line(
    routing: Routing, receiver: Receiver, smtp: tuple[str, Mailbox]
) -> None:
    hook = await routing.channel(receiver.url, name="hook")
    await routing.channel(smtp[0], name="mail")
    for channel in ("hook", str(hook), receiver.url):
        done = await try_out(routing, "test", channel)
        assert (done.returncode, done.stderr) == (0, "")
        assert "sent to" in done.stdout
        assert "token-1234" not in done.stdout
    assert [one.notification.test for one in receiver.received] == [True] * 3
    assert (await try_out(routing, "test", "mail")).returncode == 0
    (mail,) = smtp[1].messages
    assert mail["subject"] == "[TEST] Tidemark can reach you"


async def test_what_keeps_a_test_from_arriving_is_told(
    routing: Routing, receiver: Receiver
) -> None:
    await routing.channel(receiver.url, name="hook")
    await routing.channel(receiver.url, name="twice")
    await routing.channel(receiver.url, name="twice", actor="key:bob")
    receiver.answers = [403]
    for channel, reason in (
        ("hook", "the receiver answered 403 Forbidden"),
        ("nobody", "there is no channel 'nobody'"),
        ("twice", "several channels are named 'twice'; give the id"),
        ("http://10.1.2.3/", "10.1.2.3 is a private address"),
        ("foo://x", "foo:// is not served"),
    ):
        done = await try_out(routing, "test", channel)
        assert done.returncode == 1
        assert done.stderr.startswith("tidemark: ")
        assert reason in done.stderr
        assert "Traceback" not in done.stderr


async def test_keys_rotate(routing: Routing, receiver: Receiver) -> None:
    hook = await routing.channel(receiver.url, name="hook")
    await routing.channel("websocket://", name="mine")
    old = routing.settings.secret_key
    assert old is not None
    fresh = new_key()
    both = routing.settings.model_copy(
        update={"secret_key": type(old)(f"{fresh},{old.get_secret_value()}")}
    )
    done = await asyncio.to_thread(tidemark, both, "rotate-keys")
    assert (done.returncode, done.stdout) == (0, "1 channel encrypted with the first key\n")
    alone = routing.settings.model_copy(update={"secret_key": type(old)(fresh)})
    ((sealed,),) = await routing.rows(
        "SELECT sealed_address FROM notification_channels WHERE id = %s", hook
    )
    assert Sealing(alone).open(bytes(sealed)) == receiver.url
    done = await asyncio.to_thread(tidemark, alone, "test", "hook")
    assert done.returncode == 0
    other = routing.settings.model_copy(update={"secret_key": type(old)(new_key())})
    done = await asyncio.to_thread(tidemark, other, "rotate-keys")
    assert done.returncode == 1
    assert "a key that TIDEMARK_SECRET_KEY does not hold" in done.stderr
