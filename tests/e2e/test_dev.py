"""`tidemark dev`, what `make run` runs: ready, stopped, killed, and started on the same data."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil
import pytest

from devstack.ports import free_port
from tests.conftest import ROOT

API = "/api/quality/realtime"
READY_SECONDS = 120


class Run:
    """A `tidemark dev` in a folder, as somebody at a terminal has it."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self._log = folder / f"dev-{uuid4().hex[:6]}.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cli.main", "dev", "--port", str(self.port), *arguments],
                cwd=folder,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self._log.read_text()

    def wait_for(self, line: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while line not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.1)

    def interrupt(self) -> None:
        """Ctrl-C: every process of the terminal's group gets it."""
        os.killpg(self.process.pid, signal.SIGINT)

    def family(self) -> list[psutil.Process]:
        """Every process that works in the folder, or for it."""
        return [p for p in psutil.process_iter() if p.pid != os.getpid() and self._is_ours(p)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            words = [*process.cmdline(), *process.environ().values()]
            return any(str(self.folder) in word for word in words)
        except (psutil.Error, OSError):
            return False


@pytest.fixture
def folder(server_home: Path) -> Iterator[Path]:
    """A folder to run in; Kafka's jars are there already."""
    folder = server_home / f"dev-{uuid4().hex[:8]}"
    jars = folder / ".tidemark" / "kafka"
    jars.mkdir(parents=True)
    for version in (ROOT / ".tidemark" / "kafka").glob("*/libs"):
        (jars / version.parent.name).symlink_to(version.parent)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def dev(folder: Path, make_kafka: Any) -> Iterator[Callable[..., Run]]:
    """Starts `tidemark dev`; what still runs at the end is killed."""
    runs: list[Run] = []

    def start(*arguments: str) -> Run:
        runs.append(Run(folder, *arguments))
        return runs[-1]

    yield start
    for run in runs:
        for process in run.family():
            process.kill()
        run.process.wait(30)


def report(run: Run, value: float) -> None:
    now = datetime.now(UTC).isoformat()
    event = {"assetId": "lake.orders", "metricType": "score", "value": value, "timestamp": now}
    assert httpx.post(f"{run.url}{API}/events", json=event).status_code == 202


def stored(run: Run) -> list[float]:
    answer = httpx.get(f"{run.url}{API}/metrics", params={"assetId": "lake.orders"})
    return [metric["value"] for metric in answer.json()["data"]]


def wait_until(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_data_outlives_stops_and_kills_and_no_process_does(dev: Callable[..., Run]) -> None:
    first = dev("--feed", "none")
    first.wait_for(f"tidemark: ready at {first.url}")
    assert not any("feed" in process.cmdline() for process in first.family())
    report(first, 90)
    wait_until(lambda: stored(first) == [90])
    first.interrupt()
    assert first.process.wait(60) == 0
    assert first.output.splitlines()[-1] == "tidemark: stopped"
    assert "Traceback" not in first.output
    assert first.family() == []

    second = dev("--feed", "none")
    second.wait_for(f"tidemark: ready at {second.url}")
    assert stored(second) == [90]
    report(second, 60)
    wait_until(lambda: stored(second) == [60])
    alerts = httpx.get(f"{second.url}{API}/alerts").json()["data"]
    # The worker knew the 90 from before the stop.
    assert [alert["severity"] for alert in alerts] == ["critical"]
    second.process.kill()
    second.process.wait()

    third = dev("--feed", "none")
    third.wait_for(f"tidemark: ready at {third.url}")
    assert stored(third) == [60]
    others = dev("--feed", "none")
    assert others.process.wait(30) == 1
    assert f"another `tidemark dev` (process {third.process.pid}) is running" in others.output
    third.process.terminate()
    assert third.process.wait(60) == 0
    assert third.family() == []


def test_servers_only(dev: Callable[..., Run]) -> None:
    run = dev("--servers-only")
    run.wait_for("tidemark: ready; Ctrl-C stops both")
    assert "export TIDEMARK_KAFKA_BROKERS=127.0.0.1:" in run.output
    assert "export TIDEMARK_DATABASE_URL=" in run.output
    run.interrupt()
    assert run.process.wait(60) == 0
    assert run.family() == []


def test_a_process_that_ends_is_started_again(dev: Callable[..., Run]) -> None:
    run = dev("--feed", "none")
    run.wait_for(f"tidemark: ready at {run.url}")
    (first,) = workers(run)
    first.kill()
    run.wait_for("tidemark: worker was ended by SIGKILL; restarting in 1 s")
    report(run, 91)
    wait_until(lambda: stored(run) == [91], 60)
    assert len(workers(run)) == 1
    run.interrupt()
    assert run.process.wait(30) == 0
    assert run.family() == []


def workers(run: Run) -> list[psutil.Process]:
    return [process for process in run.family() if process.cmdline()[-1:] == ["worker"]]


def test_a_taken_port_is_told_before_anything_starts(dev: Callable[..., Run]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        run = dev("--feed", "none", "--port", str(port))
        assert run.process.wait(30) == 1
    assert run.output == (
        f"tidemark: port {port} is in use: choose another, say `make run PORT={port + 1}`\n"
    )


def test_what_is_not_installed_is_named(folder: Path) -> None:
    script = (
        "import sys; sys.modules['psutil'] = None; "
        "sys.argv = ['tidemark', 'dev']; from cli.main import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "psutil is missing: install the dependency group devstack" in done.stderr
