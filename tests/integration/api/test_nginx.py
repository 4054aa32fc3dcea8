"""`deploy/nginx/tidemark.conf` in Debian's nginx, before two edges and one worker."""

import asyncio
import datetime
import shutil
import signal
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import websockets

from devstack.ports import free_port, is_free
from pipeline.topics import Topics
from schemas.rest import Role
from tests.conftest import ROOT as REPOSITORY
from tests.conftest import Starter
from tests.integration.api.certificates import NAME, certificate
from tests.integration.api.conftest import ROOT, RunningEdge, Talk, eventually
from tests.integration.api.test_access import key

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin")

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


class Site(NamedTuple):
    """nginx and what is behind it."""

    port: int
    plain_port: int
    edges: list[RunningEdge]
    trust: ssl.SSLContext

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self.port}"

    def http(self, token: str | None = None) -> httpx.AsyncClient:
        headers = {"Host": f"{NAME}:{self.port}"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(
            base_url=f"https://127.0.0.1:{self.port}",
            headers=headers,
            verify=self.trust,
            timeout=10,
        )

    def socket(self, query: str = "", **options: Any) -> websockets.connect:
        return websockets.connect(
            f"wss://{NAME}:{self.port}/ws/quality{query}",
            host="127.0.0.1", port=self.port, ssl=self.trust, **options,
        )  # fmt: skip


@pytest.fixture
def site(
    topics: Topics,
    make_edge: Callable[..., RunningEdge],
    start_tidemark: Starter,
    tmp_path: Path,
) -> Iterator[Site]:
    port, plain = free_port(), free_port()
    edges = [
        make_edge(
            authentication="on", allowed_hosts=[NAME], trusted_proxies="127.0.0.1",
            requests_per_second=20,
        )
        for _ in range(2)
    ]  # fmt: skip
    for edge in edges:
        edge.start()
    start_tidemark("worker", settings=edges[0].settings)
    trust = certificate(tmp_path)
    process = subprocess.Popen([str(NGINX), "-c", str(configure(tmp_path, port, plain, edges))])
    deadline = time.monotonic() + 10
    while is_free(port) and time.monotonic() < deadline:
        time.sleep(0.05)
    yield Site(port, plain, edges, trust)
    process.terminate()
    process.wait(10)


def configure(folder: Path, port: int, plain: int, edges: list[RunningEdge]) -> Path:
    """Put the test's ports and paths into the configuration as it is shipped."""
    site = (REPOSITORY / "deploy/nginx/tidemark.conf").read_text()
    for shipped, ours in (
        ("127.0.0.1:3002", f"127.0.0.1:{edges[0].settings.http_port}"),
        ("127.0.0.1:3003", f"127.0.0.1:{edges[1].settings.http_port}"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen [::]:80;", ""),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("listen [::]:443 ssl http2;", ""),
        ("/etc/nginx/tls", str(folder)),
        ("/var/log/nginx", str(folder)),
    ):
        site = site.replace(shipped, ours)
    (folder / "site.conf").write_text(site)
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = folder / "nginx.conf"
    main.write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;"
        f"events {{ worker_connections 256; }} http {{ {temporary} include {folder}/site.conf; }}"
    )
    return main


def event(asset: str, value: float) -> dict[str, Any]:
    now = datetime.datetime.now(datetime.UTC).isoformat()
    return {"assetId": asset, "metricType": "score", "value": value, "timestamp": now}


async def test_two_edges_and_one_worker_behind_nginx(site: Site) -> None:
    token = await key(site.edges[0], Role.ADMIN)
    async with site.http(token) as http, httpx.AsyncClient() as anybody:

        async def ready() -> bool:
            # A socket's edge may be either: both must be.
            found = [await anybody.get(f"{edge.url}/readyz") for edge in site.edges]
            return all(one.json()["ready"] for one in found)

        await eventually(ready, 40)
        assert (await http.get("/metrics")).status_code == 404
        assert (await http.get(f"{ROOT}/me")).json()["data"]["role"] == "admin"
        assert (await http.get("/")).headers["strict-transport-security"]
        plain = await anybody.get(
            f"http://127.0.0.1:{site.plain_port}/x?y=1", headers={"Host": NAME}
        )
        assert (plain.status_code, plain.headers["location"]) == (308, f"https://{NAME}/x?y=1")

        # least_conn: four sockets are two at each edge; all hear of each alert, once.
        talks = [Talk(await site.socket("?assets=*", origin=site.url)) for _ in range(4)]
        edges = set()
        for talk in talks:
            edges.add((await talk.hear())["payload"]["edgeId"])
            await talk.ask("authenticate", {"token": token})
            position = (await talk.hear())["position"]
        assert len(edges) == 2
        assert (await http.post(f"{ROOT}/events", json=event("a", 90))).status_code == 202
        assert (await http.post(f"{ROOT}/events", json=event("a", 60))).status_code == 202
        heard = [[await talk.hear(15), await talk.hear(15)] for talk in talks]
        assert len({frozenset(m["payload"].get("stepId", "") for m in two) for two in heard}) == 1
        assert all({m["type"] for m in two} == {"alert", "metric_change"} for two in heard)
        # One edge is killed: its clients resume at the other, nginx does not ask it again.
        site.edges[0].stop(signal.SIGKILL)
        assert (await http.post(f"{ROOT}/events", json=event("a", 30))).status_code == 202
        async with site.socket() as connection:
            talk = Talk(connection)
            await talk.hear()
            await talk.ask("authenticate", {"token": token})
            await talk.say("resume", {"position": position, "subscriptions": [{"assets": ["*"]}]})
            messages: list[Any] = []
            async with asyncio.timeout(15):
                while len(messages) < 4:
                    message = await talk.hear(15)
                    messages += [message] if message["type"] in {"alert", "metric_change"} else []
        values = [m["payload"]["currentValue"] for m in messages if m["type"] == "metric_change"]
        assert values == [60, 30]
        for left in talks:
            await left.connection.close()
        assert (await http.get(f"{ROOT}/alerts")).status_code in {200, 502}
        assert (await http.get(f"{ROOT}/alerts")).status_code == 200


async def test_origins_hosts_and_limits_see_through_the_proxy(site: Site) -> None:
    with pytest.raises(websockets.InvalidStatus, match="403"):
        async with site.socket(origin="https://evil.example"):
            pass
    async with site.socket(origin=site.url) as connection:
        assert (await Talk(connection).hear())["type"] == "connected"
    async with site.http() as http:
        # Anybody's failures count against the client's own address, which the edge must see.
        answers = [await http.get(f"{ROOT}/me") for _ in range(3)]
        assert {answer.status_code for answer in answers} == {401}
        refused = await http.post(
            f"{ROOT}/events", json=event("a", 1), headers={"Origin": "https://evil.example"}
        )
        assert refused.status_code == 403
        assert (await http.post(f"{ROOT}/events", content=b"x" * 5_000_000)).status_code == 413
