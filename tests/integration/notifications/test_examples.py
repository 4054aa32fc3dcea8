"""The examples run as their READMEs say."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devstack.ports import free_port
from pipeline.topics import Topics
from schemas.alerts import AlertStatus
from tests.conftest import ROOT
from tests.integration.notifications.conftest import (
    Routing,
    an_alert,
    eventually,
    stepped,
)

EXAMPLES = ROOT / "examples" / "alerts"
RAISED = "critical active warehouse.orders: score fell by 20 points, 90 -> 70"
RESOLVED = RAISED.replace("active", "resolved")


@contextmanager
def running(output: Path, *command: str) -> Iterator[None]:
    with output.open("wb") as told:
        process = subprocess.Popen(command, stdout=told, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def copied(name: str, folder: Path, topics: Topics) -> str:
    """The example, reading this test's topics."""
    text = (EXAMPLES / name).read_text()
    assert '"quality.alerts"' in text or " quality.alerts " in text
    file = folder / name
    file.write_text(text.replace("quality.alerts", topics.alerts))
    return str(file)


def lines_of(output: Path) -> set[str]:
    return set(output.read_text().splitlines())


async def until_told(routing: Routing, output: Path, *lines: str) -> None:
    """Push an alert and its end until the example has told of it: it reads from now on."""

    async def told() -> bool:
        alert = an_alert()
        await routing.push(alert, stepped(alert, AlertStatus.RESOLVED))
        await asyncio.sleep(1)
        return lines_of(output) >= set(lines)

    await eventually(told, 40)


async def test_kafka_python(routing: Routing, tmp_path: Path) -> None:
    output = tmp_path / "output"
    script = copied("kafka_python.py", tmp_path, routing.topics)
    with running(output, sys.executable, script, routing.settings.kafka_brokers):
        await until_told(routing, output, RAISED, RESOLVED)


@pytest.mark.skipif(not (shutil.which("kcat") and shutil.which("jq")), reason="needs kcat and jq")
async def test_kcat(routing: Routing, tmp_path: Path) -> None:
    output = tmp_path / "output"
    script = copied("kcat.sh", tmp_path, routing.topics)
    with running(output, "sh", script, routing.settings.kafka_brokers, "beginning"):
        await until_told(routing, output, RAISED, RESOLVED)


async def test_a_receiver_of_webhooks(routing: Routing, tmp_path: Path) -> None:
    port, output = free_port(), tmp_path / "output"
    script = str(EXAMPLES / "webhook_receiver.py")
    with running(output, sys.executable, script, routing.secret, str(port)):
        await routing.subscribe(await routing.channel(f"http://127.0.0.1:{port}/"))
        routing.start()
        await routing.push(an_alert())
        await routing.reached("sent")

        async def told() -> bool:
            return f"raised {RAISED}".replace("active ", "") in lines_of(output)

        await eventually(told)
