# ruff: noqa: RUF001 - digits of other scripts are what is tested
"""A webhook's sender connects to what was checked, however an address is spelled."""

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from ipaddress import ip_network
from uuid import uuid4

import pytest
from aiohttp import web

from pipeline.channels.address import new_secret
from pipeline.channels.networks import Networks
from schemas.notifications import Notification
from schemas.routing import ChannelKind
from sinks.notifications.senders.resolve import CheckedResolver, CheckedSockets
from sinks.notifications.senders.target import DeliveryError, Target
from sinks.notifications.senders.webhook import WebhookSender

LOOPBACK = Networks([ip_network("127.0.0.0/8")])
PUBLIC = Networks()


class Hook:
    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.port = 0

    async def take(self, request: web.Request) -> web.Response:
        self.received.append(await request.read())
        return web.Response()


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    made = Hook()
    app = web.Application()
    app.router.add_post("/", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.port = runner.addresses[0][1]
    yield made
    await runner.cleanup()


async def post(address: str, networks: Networks) -> None:
    notification = Notification(id=uuid4(), created_at=datetime.now(UTC), alerts=[], test=True)
    target = Target(ChannelKind.WEBHOOK, "key:ann", address, new_secret())
    await WebhookSender(networks, 5).send(target, notification)


SPELLINGS = [
    "127.0.0.1", "１２７.0.0.1", "①②⑦.⓪.⓪.①", "127。0。0。1", "localhost", "user:pw@127.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("host", SPELLINGS)
async def test_loopback_is_reached_only_where_it_is_allowed(host: str, hook: Hook) -> None:
    address = f"http://{host}:{hook.port}/"
    await post(address, LOOPBACK)
    assert len(hook.received) == 1
    with pytest.raises(DeliveryError, match="is a private address") as refused:
        await post(address, PUBLIC)
    assert refused.value.final
    assert len(hook.received) == 1


@pytest.mark.parametrize(
    "host",
    ["2130706433", "127.1", "0x7f.0.0.1", "0177.0.0.1", "127.0.0.1.", "localhost.", "[::1]",
     "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]",
     "%31%32%37.0.0.1", "[::1%25lo]"],
)  # fmt: skip
async def test_no_other_spelling_leads_there(host: str, hook: Hook) -> None:
    with pytest.raises(DeliveryError):
        await post(f"http://{host}:{hook.port}/", PUBLIC)
    assert hook.received == []


async def test_a_name_that_leads_elsewhere_the_second_time_leads_nowhere(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def rebound(*_: object, **__: object) -> list[dict[str, object]]:
        return [
            {"hostname": "a", "host": "127.0.0.1", "port": hook.port, "family": socket.AF_INET,
             "proto": 0, "flags": 0}
        ]  # fmt: skip

    monkeypatch.setattr(CheckedResolver, "resolve", rebound)
    with pytest.raises(DeliveryError, match="is a private address"):
        await post(f"http://rebound.example:{hook.port}/", PUBLIC)
    assert hook.received == []


async def test_every_address_of_a_name_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    async def two(*_: object, **__: object) -> list[object]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 80))
            for host in ("8.8.8.8", "10.0.0.1")
        ]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", two)
    with pytest.raises(DeliveryError, match=r"two\.example is a private address"):
        await CheckedResolver(PUBLIC).resolve("two.example", 80)


def test_a_socket_is_made_for_a_permitted_address_alone() -> None:
    made = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
    CheckedSockets(PUBLIC)((*made, ("8.8.8.8", 80))).close()
    with pytest.raises(DeliveryError):
        CheckedSockets(PUBLIC)((*made, ("127.0.0.1", 80)))
