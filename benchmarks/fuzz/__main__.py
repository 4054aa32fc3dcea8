"""Send an edge what it must outlive: `python -m benchmarks.fuzz --seconds 3600 --seed 7`.

Requests made from the OpenAPI document, bytes that are almost HTTP and frames that are
almost those of a WebSocket, all at the same time, to one edge with a real Kafka and a real
PostgreSQL. Fails if anything is answered with 500, if a request gets no answer, if the
edge ends, or if its own work held its event loop for more than 250 ms.
"""

import argparse
import asyncio
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.fuzz.figures import STALL_SECONDS, Figures, lags
from benchmarks.fuzz.raw import fuzz_raw
from benchmarks.fuzz.rest import fuzz_rest
from benchmarks.reads.fill import server_home
from benchmarks.rest.fill import fill
from devstack.jars import kafka_libs
from devstack.kafka import KafkaServer
from devstack.ports import free_port
from devstack.postgres import PostgresServer

ROOT = Path(__file__).parents[2]
TELL_SECONDS = 60.0


def main() -> None:
    """Start what is attacked, attack it, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", default="7")
    parser.add_argument("--clients", type=int, default=4, help="of each kind, side by side")
    given = parser.parse_args()
    print(
        f"seed {given.seed}, {given.seconds:g} s, {given.clients} clients of each kind", flush=True
    )
    # A peer that hangs up early is what is expected here.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    with stack() as (port, process):
        figures = asyncio.run(attack(port, given.seed, given.seconds, given.clients))
        ended = process.poll() is not None
        late = {} if ended else lags(f"http://127.0.0.1:{port}")
    print(figures.told())
    told = ", ".join(f"{name} {value * 1000:.0f} ms" for name, value in late.items())
    print(f"seed {given.seed}; processes ended: {int(ended)}; event loop, longest: {told}")
    if ended or figures.faults or late.get("held", 0) > STALL_SECONDS:
        raise SystemExit(1)


async def attack(port: int, seed: str, seconds: float, clients: int) -> Figures:
    """Send everything for so long."""
    figures, until = Figures(), time.monotonic() + seconds
    url = f"http://127.0.0.1:{port}"
    telling = asyncio.create_task(_tell(url, figures))
    await asyncio.gather(
        fuzz_rest(url, seed, figures, until, clients), fuzz_raw(port, seed, figures, until, clients)
    )
    telling.cancel()
    return figures


async def _tell(url: str, figures: Figures) -> None:
    while True:
        await asyncio.sleep(TELL_SECONDS)
        totals = {kind: figures.total(kind) for kind in ("rest", "bytes", "socket", "fault")}
        print(totals, await asyncio.to_thread(lags, url), flush=True)


@contextmanager
def stack() -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Start Kafka, PostgreSQL with something in it, and an edge; yield its port and itself."""
    home = server_home()
    kafka = KafkaServer(home / "kafka", kafka_libs(ROOT / ".tidemark" / "kafka"))
    postgres = PostgresServer(home / "postgres", durable=False)
    postgres.start()
    kafka.start()
    port = free_port()
    environment = os.environ | {
        "TIDEMARK_DATABASE_URL": postgres.url, "TIDEMARK_KAFKA_BROKERS": kafka.brokers,
        "TIDEMARK_HTTP_PORT": str(port), "TIDEMARK_STATE_DIR": str(home / "state"),
    }  # fmt: skip
    edge = None
    try:
        command = [sys.executable, "-m", "cli.main"]
        asyncio.run(fill(postgres.url, 200, 5000, 500))
        subprocess.run([*command, "migrate"], env=environment, check=True, capture_output=True)
        with Path(os.environ.get("FUZZ_LOG", os.devnull)).open("wb") as log:
            edge = subprocess.Popen([*command, "edge"], env=environment, stdout=log, stderr=log)
        _wait_for(f"http://127.0.0.1:{port}/readyz")
        yield port, edge
    finally:
        if edge is not None:
            edge.kill()
            edge.wait()
        kafka.stop()
        postgres.remove()
        shutil.rmtree(home, ignore_errors=True)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        try:
            parts = httpx.get(url).json()["components"]
        except httpx.TransportError:
            parts = []
        ready = {part["name"] for part in parts if part["ready"]}
        if {"feed", "kafka", "postgresql"} <= ready:
            return
        time.sleep(0.2)
    raise SystemExit("the edge is not up")


if __name__ == "__main__":
    main()
