"""Time every GET of a running edge: `make bench BENCH=rest`.

One PostgreSQL, filled by the sink's own writers, one edge with authentication on. Each
endpoint is asked in the ways that cost most: everything, a glob, a search, a late page; by
a caller who may see all and by one bound to a twentieth of the assets. Requests of all
kinds take turns, /healthz among them; `ratio` is to its median.
"""

import argparse
import asyncio
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx
import psycopg

from api.auth.keystore import create_key
from api.endpoint import ROOT
from api.routes import ENDPOINTS
from benchmarks.reads.fill import server_home
from benchmarks.rest.fill import asset_id, fill
from devstack.ports import free_port
from devstack.postgres import PostgresServer
from schemas.rest import Role

TRIVIAL = "/healthz"
ALL, BOUND = "all", "bound"
SCOPES = {ALL: ["*"], BOUND: ["warehouse.source7.*"]}
GLOB = "warehouse.source7.*"
WEEK = (datetime.now(UTC) - timedelta(days=7)).isoformat()
ASKED: dict[str, list[dict[str, Any]]] = {
    "/metrics": [{"limit": 1000}, {"assetId": GLOB}, {"metricType": "issues"}],
    "/metrics/history": [{"assetId": asset_id(7)}, {"assetId": asset_id(7), "metricType": "score"}],
    "/assets": [{"limit": 1000}, {"query": "asset77"}, {"query": "nothing"}, {"assetId": GLOB}],
    "/alerts": [
        {"limit": 1000}, {"status": "active", "severity": "critical"}, {"assetId": GLOB},
        {"query": "dupl keys"}, {"query": "nothing"}, {"hours": 24}, {"assignee": "nobody"},
        {"alertType": "new_issues", "until": WEEK},
    ],
    "/trends": [{}, {"assetId": asset_id(7)}, {"assetId": GLOB}, {"bucket": "1h"},
                {"percentiles": "5,50,95"}],
    "/dimensions": [{}, {"assetId": GLOB}],
    "/thresholds": [{"assetId": asset_id(7)}],
}  # fmt: skip
"""What is asked of an endpoint beside nothing at all."""
WIDTH = 64
PAGED = {"/metrics", "/assets", "/alerts", "/dimensions"}
"""Of these a page from the middle is asked for too."""


class Case(NamedTuple):
    """A request and who sends it."""

    caller: str
    path: str
    query: tuple[tuple[str, Any], ...] = ()

    @property
    def name(self) -> str:
        """What is printed of it."""
        told = "&".join(f"{name}={value}" for name, value in self.query)
        path = self.path.removeprefix(ROOT)
        return f"{self.caller:5} {path}{'?' if told else ''}{told}"[:WIDTH]


def main() -> None:
    """Fill, serve, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--alerts", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=200)
    given = parser.parse_args()
    home = server_home()
    server = PostgresServer(home / "postgres", durable=False)
    server.start()
    try:
        started = time.monotonic()
        asyncio.run(fill(server.url, given.assets, given.rows, given.alerts))
        print(f"filled in {time.monotonic() - started:.0f} s")
        measure(server.url, given.requests)
    finally:
        server.remove()
        shutil.rmtree(home, ignore_errors=True)


def measure(url: str, requests: int) -> None:
    """Start an edge and ask it."""
    tokens = asyncio.run(keys(url))
    port = free_port()
    # No Kafka: reads don't need it.
    environment = os.environ | {
        "TIDEMARK_DATABASE_URL": url, "TIDEMARK_HTTP_PORT": str(port),
        "TIDEMARK_KAFKA_BROKERS": f"127.0.0.1:{free_port()}", "TIDEMARK_LOG_LEVEL": "error",
        "TIDEMARK_AUTHENTICATION": "on", "TIDEMARK_REQUESTS_PER_SECOND": "0",
    }  # fmt: skip
    edge = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "edge"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
            wait_for(http)
            report(timed(http, tokens, list(cases(http, tokens)), requests))
    finally:
        edge.terminate()
        edge.wait()


async def keys(url: str) -> dict[str, str]:
    """Return a token for each kind of caller."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        return {
            name: (await create_key(connection, name, Role.ADMIN, assets, "bench", None))[1]
            for name, assets in SCOPES.items()
        }


def wait_for(http: httpx.Client) -> None:
    """Wait until the edge answers."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            http.get(TRIVIAL)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the edge does not answer")


def cases(http: httpx.Client, tokens: dict[str, str]) -> Iterator[Case]:
    """Yield what is to be measured; what answers nothing at all is left out."""
    yield Case(ALL, TRIVIAL)
    some = Case(ALL, f"{ROOT}/alerts", (("status", "resolved"), ("assetId", GLOB)))
    alert = get(http, tokens, some).json()["data"][0]
    for endpoint in ENDPOINTS:
        if endpoint.method != "GET" or endpoint.path.startswith("/export"):
            continue
        path = endpoint.path.replace("{alert_id}", alert["id"])
        path = ROOT + path.replace("{asset_id:anything}", asset_id(7))
        for caller in SCOPES:
            for query in [{}, *ASKED.get(endpoint.path, [])]:
                case = Case(caller, path, tuple(query.items()))
                if get(http, tokens, case).is_success:
                    yield case
            if endpoint.path in PAGED:
                yield middle(http, tokens, caller, path)


def middle(http: httpx.Client, tokens: dict[str, str], caller: str, path: str) -> Case:
    """Return a page some way into a list."""
    case = Case(caller, path, (("limit", 200),))
    for _ in range(10):
        following = get(http, tokens, case).json()["nextCursor"]
        if following is None:
            break
        case = Case(caller, path, (("limit", 200), ("cursor", following)))
    return case


def get(http: httpx.Client, tokens: dict[str, str], case: Case) -> httpx.Response:
    headers = {"Authorization": f"Bearer {tokens[case.caller]}"}
    return http.get(case.path, params=case.query, headers=headers)


def timed(
    http: httpx.Client, tokens: dict[str, str], asked: Sequence[Case], requests: int
) -> dict[Case, list[float]]:
    """Return the milliseconds of every request of each case."""
    times: dict[Case, list[float]] = {case: [] for case in asked}
    for _ in range(requests):
        for case in random.sample(asked, len(asked)):
            began = time.perf_counter()
            get(http, tokens, case).raise_for_status()
            times[case].append((time.perf_counter() - began) * 1000)
    return times


def report(times: dict[Case, list[float]]) -> None:
    """Print the percentiles, slowest last."""
    base = next(statistics.median(taken) for case, taken in times.items() if case.path == TRIVIAL)
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    print(f"{'':{WIDTH}} {'p50 ms':>8} {'p99 ms':>8} {'ratio':>7}")
    for case, taken in sorted(times.items(), key=lambda one: statistics.median(one[1])):
        ordered = sorted(taken)
        p50, p99 = statistics.median(ordered), ordered[int(len(ordered) * 0.99)]
        print(f"{case.name:{WIDTH}} {p50:8.1f} {p99:8.1f} {p50 / base:6.1f}x")


if __name__ == "__main__":
    main()
