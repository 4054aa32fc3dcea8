"""The process that speaks to services: confined, and one message at a time."""

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from requests.adapters import HTTPAdapter

from pipeline.channels.services import SERVICES
from pipeline.operators.routing.message import body_of
from schemas.notifications import Notification
from schemas.routing import ChannelKind
from sinks.notifications.senders.outside import Errand, send
from sinks.notifications.senders.services import FORMATS, ServiceSender
from sinks.notifications.senders.target import DeliveryError, Target
from tests.unit.channels.samples import SAMPLES
from tests.unit.operators.routing.test_writing import HOSTILE, message

LOOPBACK = (ip_network("127.0.0.0/8"),)
TOKEN = "abcdefghijklmno"


class Server:
    """Takes what Gotify would; `location` is where it sends on to."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.location: str | None = None
        self.held = threading.Event()
        self.held.set()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                server.received.append(self.rfile.read(int(self.headers["content-length"])))
                server.held.wait(20)
                self.send_response(307 if server.location else 200)
                if server.location:
                    self.send_header("location", server.location)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def address(self, host: str = "127.0.0.1") -> str:
        return f"gotify://{host}:{self.http.server_port}/{TOKEN}"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.held.set()
    made.http.shutdown()
    made.http.server_close()


def a_test() -> Notification:
    return Notification(id=uuid4(), created_at=datetime.now(UTC), alerts=[], test=True)


async def told(sender: ServiceSender, address: str) -> DeliveryError | None:
    try:
        await sender.send(Target(ChannelKind.APPRISE, "key:ann", address), a_test())
    except DeliveryError as error:
        return error
    return None


async def test_messages_are_sent_also_side_by_side_and_after_a_crash(server: Server) -> None:
    sender = ServiceSender(LOOPBACK, 30)
    try:
        assert (
            await asyncio.gather(*(told(sender, server.address()) for _ in range(5))) == [None] * 5
        )
        assert json.loads(server.received[0])["title"] == "[TEST] Tidemark can reach you"
        process = sender._outside._process
        process.kill()
        await process.wait()
        assert await told(sender, server.address()) is None
        assert len(server.received) == 6
    finally:
        await sender.close()
    assert sender._outside._process.returncode == 0


async def test_what_is_private_is_not_connected_to_whatever_leads_there(server: Server) -> None:
    port = server.http.server_port
    sender = ServiceSender((), 30)
    try:
        for address in (
            server.address("localhost"),  # a name that leads there
            server.address(),
            f"mailto://me:pw@example.com?smtp=localhost&port={port}",
            f"zulip://bot@127.0.0.1/{'a' * 32}/general",
        ):
            refused = await told(sender, address)
            assert refused is not None
            assert "its host is a private address" in str(refused)
            assert refused.final
    finally:
        await sender.close()
    assert server.received == []


async def test_a_redirect_is_not_followed(server: Server) -> None:
    server.location = f"http://127.0.0.1:{server.http.server_port}/inner"
    sender = ServiceSender(LOOPBACK, 30)
    try:
        assert "307" in str(await told(sender, server.address()))
    finally:
        await sender.close()
    assert len(server.received) == 1


async def test_what_takes_too_long_is_ended_and_not_sent_later(server: Server) -> None:
    server.held.clear()
    sender = ServiceSender(LOOPBACK, 1)
    try:
        late = await told(sender, server.address())
        assert late is not None
        assert not late.final
    finally:
        await sender.close()


async def test_an_address_kept_from_before_is_refused_when_it_is_sent(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("[]")
    sender = ServiceSender(LOOPBACK, 30)
    try:
        for path in (secret, tmp_path / "nothing"):
            refused = await told(sender, f"slack://T1JJ3T3L2/A1BRTD4JD/{'a' * 24}?template={path}")
            assert "does not take the parameter template" in str(refused)
            assert str(path) not in str(refused)
    finally:
        await sender.close()


CONFINED = """
import os, pathlib, socket, subprocess, sys
from ipaddress import ip_network
from pipeline.channels.networks import Networks
from sinks.notifications.senders.confine import Confinement, NotPermittedError

confinement = Confinement(Networks([ip_network("10.0.0.0/8")]))
attempts = {
    "read": lambda: open("/etc/hostname").read(),
    "path": lambda: pathlib.Path("/proc/self/environ").read_bytes(),
    "fd": lambda: os.open("/etc/hostname", os.O_RDONLY),
    "write": lambda: open(sys.argv[1] + "/new.py", "w"),
    "write code": lambda: open(os.__file__, "a"),
    "make code": lambda: os.open(os.__file__ + "x.py", os.O_CREAT | os.O_WRONLY),
    "code elsewhere": lambda: open(sys.argv[1] + "/mine.py"),
    "around": lambda: open(os.path.dirname(os.__file__) + "/.." * 9 + sys.argv[1] + "/mine.py"),
    "list": lambda: os.listdir("/etc"),
    "run": lambda: subprocess.run(["true"]),
    "system": lambda: os.system("true"),
    "fork": os.fork,
    "loopback": lambda: socket.create_connection(("127.0.0.1", 9)),
    "name": lambda: socket.socket().connect(("localhost", 9)),
    "mapped": lambda: socket.socket(socket.AF_INET6).connect(("::ffff:127.0.0.1", 9)),
    "unix": lambda: socket.socket(socket.AF_UNIX).connect("/run/x"),
    "abstract": lambda: socket.socket(socket.AF_UNIX).connect(b"\\0x"),
    "non-blocking": lambda: socket.socket().connect_ex(("192.168.0.1", 9)),
    "datagram": lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)),
    "listen": lambda: socket.socket().bind(("", 0)),
}
for name, attempt in attempts.items():
    try:
        attempt()
    except NotPermittedError:
        continue
    except Exception as error:
        print(name, repr(error))
    else:
        print(name, "succeeded")
import wave, idna.core  # late imports go on working
print(confinement.has_refused)
"""


def test_a_confined_process_reaches_neither_files_nor_what_is_private(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("secret = 1")
    done = subprocess.run(
        [sys.executable, "-c", CONFINED, str(tmp_path)],
        capture_output=True, text=True, timeout=60, check=True, env=dict(os.environ),
    )  # fmt: skip
    assert done.stdout == "True\n"


@pytest.mark.parametrize(
    "scheme",
    ["slack", "gchat", "discord", "mmost", "webex", "tgram", "lark", "nctalk"],
)
def test_what_leaves_mentions_nobody_and_links_nowhere(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After apprise has made of a message what it makes of it."""
    sent: list[requests.PreparedRequest] = []

    def take(_: Any, request: requests.PreparedRequest, **__: Any) -> requests.Response:
        sent.append(request)
        answer = requests.Response()
        answer.status_code, answer._content, answer.request = 200, b'{"ok": true}', request
        return answer

    monkeypatch.setattr(HTTPAdapter, "send", take)
    writing = SERVICES[scheme].writing
    send(
        Errand(
            "1", SAMPLES[scheme], "", body_of(message(HOSTILE), writing), FORMATS.get(writing),
            "failure", None, [], 10,
        )
    )  # fmt: skip
    (request,) = sent
    body = request.body.decode() if isinstance(request.body, bytes) else str(request.body)
    texts = [unescape(one).replace("\\", "") for one in _texts(json.loads(body))]
    told = "".join(texts).replace("https://tm.example", "")
    assert "evil.example" in told
    assert "&lt;" not in told, "escaped twice"
    assert not re.search(r"@(?=\w)|<(?=[!@#])|(https?|tg)://|www\.", told)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)
