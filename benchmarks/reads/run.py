"""Time `GET trends` of a running edge, and the same figures from the raw events.

python -m benchmarks.reads.run --rows 5000000 --assets 10000
"""

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import httpx
import psycopg

from benchmarks.reads.fill import fill, server_home
from devstack.ports import free_port
from devstack.postgres import PostgresServer

ROOT = "/api/quality/realtime"
RAW_ASSET = """
    SELECT date_trunc('day', "timestamp"), avg(value), min(value), max(value), stddev(value),
           count(*) FROM quality_metric_history
    WHERE asset_id = %(asset)s AND metric_type = 'score'
        AND "timestamp" >= current_date - 29 GROUP BY 1 ORDER BY 1
"""
RAW_OVERALL = """
    SELECT date_trunc('day', "timestamp"), avg(value), min(value), max(value), stddev(value),
           count(*) FROM quality_metric_history
    WHERE metric_type = 'score' AND "timestamp" >= current_date - 29 GROUP BY 1 ORDER BY 1
"""
EXPLAINED = {
    "an asset's 30 days": (
        "SELECT * FROM quality_metric_daily WHERE asset_id = 'warehouse.source7.asset7' "
        "AND metric_type = 'score' AND day >= current_date - 29"
    ),
    "an asset's 720 hours": (
        "SELECT * FROM quality_metric_hourly WHERE asset_id = 'warehouse.source7.asset7' "
        "AND metric_type = 'score' AND hour >= current_date - 29"
    ),
    "all assets' 30 days": (
        "SELECT * FROM quality_group_daily WHERE kind = 'overall' AND name = '' "
        "AND metric_type = 'score' AND day >= current_date - 29"
    ),
}


def main() -> None:
    """Fill, serve, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--requests", type=int, default=1000)
    options = parser.parse_args()
    home = server_home()
    server = PostgresServer(home / "postgres", durable=False)
    server.start()
    try:
        fill(server.url, options.assets, options.days, options.rows)
        measure(server.url, options.assets, options.requests)
    finally:
        server.remove()
        shutil.rmtree(home, ignore_errors=True)


def measure(url: str, assets: int, requests: int) -> None:
    """Print percentiles of requests through an edge and of queries on the raw table."""
    port = free_port()
    # No Kafka: reads don't need it.
    environment = os.environ | {
        "TIDEMARK_DATABASE_URL": url, "TIDEMARK_HTTP_PORT": str(port),
        "TIDEMARK_KAFKA_BROKERS": f"127.0.0.1:{free_port()}", "TIDEMARK_LOG_LEVEL": "error",
    }  # fmt: skip
    edge = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "edge"], env=environment, stderr=subprocess.DEVNULL
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}{ROOT}", timeout=60) as http:
            wait_for(http)
            report(http, url, assets, requests)
    finally:
        edge.terminate()
        edge.wait()


def wait_for(http: httpx.Client) -> None:
    """Wait until the edge answers."""
    for _ in range(300):
        try:
            http.get("/stats").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the edge does not answer")


def report(http: httpx.Client, url: str, assets: int, requests: int) -> None:
    """Measure every kind of trend, interleaved with its raw counterpart."""

    def some_asset() -> str:
        n = random.randrange(assets)
        return f"warehouse.source{n % 20}.asset{n}"

    def rest(query: Callable[[], str]) -> Callable[[], Any]:
        return lambda: http.get(f"/trends?{query()}").raise_for_status()

    with psycopg.connect(url, autocommit=True, options="-c timezone=UTC") as raw:
        rows = [
            ("an asset's 30 days", rest(lambda: f"assetId={some_asset()}"), requests),
            ("the same from raw events",
             lambda: raw.execute(RAW_ASSET, {"asset": some_asset()}).fetchall(), requests),
            ("an asset's 720 hours", rest(lambda: f"bucket=1h&assetId={some_asset()}"), requests),
            ("an asset's 30 days with percentiles",
             rest(lambda: f"percentiles=5,50,95&assetId={some_asset()}"), requests),
            ("all assets' 30 days", rest(lambda: ""), requests),
            ("all assets' 720 hours", rest(lambda: "bucket=1h"), requests),
            ("all assets' 30 days with percentiles",
             rest(lambda: "percentiles=5,50,95"), requests),
            ("a source's 30 days", rest(lambda: "source=source7"), requests),
            ("assets of a glob (500), 30 days",
             rest(lambda: "assetId=warehouse.source7.*"), requests // 20),
            ("all assets' 30 days from raw events",
             lambda: raw.execute(RAW_OVERALL).fetchall(), 3),
        ]  # fmt: skip
        for name, work, times in rows:
            told(name, [timed(work) for _ in range(times)])
        for name, query in EXPLAINED.items():
            print(f"\n{name}")
            for (line,) in raw.execute(f"EXPLAIN (ANALYZE, BUFFERS) {query}").fetchall()[-14:]:
                print("   ", line)


def timed(work: Callable[[], Any]) -> float:
    """Return the milliseconds that `work` takes."""
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def told(name: str, times: list[float]) -> None:
    """Print the distribution of some durations."""
    ordered = sorted(times)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    print(
        f"{name:40} p50 {statistics.median(ordered):9.1f} ms   p99 {p99:9.1f} ms   n {len(times)}"
    )


if __name__ == "__main__":
    main()
