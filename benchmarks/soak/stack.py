"""Servers, processes, sockets and a webhook's receiver: everything that runs in the soak."""

import asyncio
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self

import psutil

from devstack.jars import kafka_libs
from devstack.kafka import KafkaServer
from devstack.ports import free_port
from devstack.postgres import PostgresServer
from pipeline.channels.sealing import new_key
from pipeline.provision import provision
from pipeline.settings import Settings
from sinks.migrations import migrate
from tests.conftest import environment
from tests.integration.notifications.conftest import Routing

REPOSITORY = Path(__file__).parents[2]
COMMANDS = ("worker", "sink", "notify", "edge")
READY_SECONDS = 120.0


class SoakStack:
    """Started when entered, gone when left. `processes` are those that are watched, by name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept = ExitStack()
        self.kafka = KafkaServer(folder / "kafka", kafka_libs(REPOSITORY / ".tidemark" / "kafka"))
        self.postgres = PostgresServer(folder / "postgres")
        self.processes: dict[str, psutil.Process] = {}

    @property
    def state(self) -> Path:
        """Where the worker keeps its state."""
        return self._folder / "state"

    @property
    def logs(self) -> Path:
        """Where Kafka keeps its logs."""
        return self._folder / "kafka" / "data"

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._kept.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._kept.close()

    def _start(self) -> None:
        self.kafka.start()
        self._kept.callback(self.kafka.stop)
        self.postgres.start()
        self._kept.callback(self.postgres.remove)
        port = free_port()
        self.settings = Settings(
            kafka_brokers=self.kafka.brokers,
            database_url=self.postgres.url,
            topic_prefix="soak",
            state_dir=self.state,
            http_port=port,
            secret_key=new_key(),
            notify_networks=["127.0.0.0/8"],
        )
        migrate(self.postgres.url)
        asyncio.run(self._prepare(self._receiver()))
        for command in COMMANDS:
            self._run(command)
        await_ready(f"http://127.0.0.1:{port}/readyz")
        self.processes["kafka"] = psutil.Process(self.kafka.pid)

    async def _prepare(self, url: str) -> None:
        await provision(self.settings)
        routing = Routing(self.settings, start=None, producer=None)
        await routing.subscribe(await routing.channel(url))

    def _receiver(self) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Taker)
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        self._kept.callback(server.server_close)
        self._kept.callback(server.shutdown)
        return f"http://127.0.0.1:{server.server_port}/"

    def _run(self, command: str) -> None:
        log = self._kept.enter_context((self._folder / f"{command}.log").open("wb"))
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", command],
            cwd=REPOSITORY,
            env=os.environ | environment(self.settings),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        self._kept.callback(process.wait)
        self._kept.callback(process.kill)
        self.processes[command] = psutil.Process(process.pid)

    def connect(self, count: int) -> None:
        """Open so many subscribed sockets, which read all they are sent."""
        port = str(self.settings.http_port)
        clients = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.soak.sockets", str(count), port],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._kept.callback(clients.wait)
        self._kept.callback(clients.kill)
        assert clients.stdout is not None
        if clients.stdout.readline().strip() != "connected":
            raise SystemExit("the sockets could not be opened")
        self._clients = clients

    def sockets(self) -> tuple[int, int]:
        """Return how many sockets are open, and how many messages they have heard."""
        clients = self._clients
        assert clients.stdin is not None
        assert clients.stdout is not None
        clients.stdin.write("\n")
        clients.stdin.flush()
        still, heard = clients.stdout.readline().split()
        return int(still), int(heard)

    def check(self) -> None:
        """Raise SystemExit, with the end of its log, where a process has ended."""
        for name, process in self.processes.items():
            if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
                log = self._folder / f"{name}.log"
                raise SystemExit(f"{name} has ended:\n{log.read_text(errors='replace')[-6000:]}")


class _Taker(BaseHTTPRequestHandler):
    """Takes every message."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def await_ready(url: str) -> None:
    """Wait until the edge says that all is there."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise SystemExit(f"{url} is not ready in {READY_SECONDS:g} s") from None
            time.sleep(0.5)
