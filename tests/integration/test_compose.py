"""The services of docker-compose.yml as processes: their settings, commands and health checks.

The containers themselves, their images and volumes are not run here.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from devstack.ports import free_port
from tests import compose
from tests.conftest import ROOT, SettingsFactory
from tests.integration.api.conftest import eventually


class Host:
    """Runs services as processes, with our servers in the place of the containers'."""

    def __init__(self, folder: Path, brokers: str, database_url: str, prefix: str) -> None:
        self._folder = folder
        database = urlsplit(database_url)
        self._password = database.password or ""
        # One network for all: ports that containers have of their own would collide.
        self._moved = {
            "kafka:9092": brokers,
            "tidemark@postgres:5432/tidemark": f"tidemark@127.0.0.1:{database.port}{database.path}",
            "0.0.0.0": "127.0.0.1",
        }
        self._ports: dict[tuple[str, str], str] = {}
        self._own = {"TIDEMARK_TOPIC_PREFIX": prefix, "TIDEMARK_STATE_DIR": str(folder / "state")}
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, name: str) -> subprocess.Popen[bytes]:
        service = compose.services()[name]
        settings = compose.environment(service, POSTGRES_PASSWORD=self._password)
        command = [sys.executable, "-m", "cli.main", *service["command"]]
        with (self._folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=os.environ | {k: self._here(name, v) for k, v in settings.items()} | self._own,
                stdout=log,
                stderr=log,
            )
        self.running.append(process)
        return process

    def is_healthy(self, name: str) -> bool:
        kind, *command = compose.services()[name]["healthcheck"]["test"]
        assert (kind, command[0]) == ("CMD", "python")
        asked = [sys.executable, *(self._here(name, part) for part in command[1:])]
        return subprocess.run(asked, check=False, stderr=subprocess.DEVNULL).returncode == 0

    def _here(self, name: str, text: str) -> str:
        for theirs, ours in self._moved.items():
            text = text.replace(theirs, ours)
        for port in ("9100", "3002"):
            ours = self._ports.setdefault((name, port), str(free_port()))
            text = ours if text == port else text.replace(f":{port}/", f":{ours}/")
        return text


@pytest.fixture
def host(
    make_settings: SettingsFactory,
    kafka_cluster: str,
    empty_database_url: str,
    topic_prefix: str,
    tmp_path: Path,
) -> Iterator[Host]:
    host = Host(tmp_path, kafka_cluster, empty_database_url, topic_prefix)
    yield host
    for process in host.running:
        process.kill()
        process.wait()


async def test_services_become_healthy_and_stop(host: Host, tmp_path: Path) -> None:
    migrated = host.start("migrate")
    assert await asyncio.to_thread(migrated.wait, 60) == 0, (tmp_path / "migrate.log").read_text()
    names = [name for name in compose.tidemark() if name != "migrate"]
    started = {name: host.start(name) for name in names}

    async def all_healthy() -> bool:
        return all([await asyncio.to_thread(host.is_healthy, name) for name in names])

    await eventually(all_healthy, 90)
    for process in started.values():
        process.terminate()
    for name, process in started.items():
        assert await asyncio.to_thread(process.wait, 40) == 0, (
            tmp_path / f"{name}.log"
        ).read_text()
    assert not any(host.is_healthy(name) for name in names)
