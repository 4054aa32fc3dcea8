"""Load that goes on while things break: on one broker (`Trial`), or three (`ClusterTrial`)."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from devstack.jars import kafka_libs
from pipeline.channels.sealing import new_key
from pipeline.provision import provision
from tests.chaos.cluster import Cluster
from tests.chaos.cluster_trial import ClusterTrial
from tests.chaos.comparison import differences, due_in_kafka
from tests.chaos.line import Line
from tests.chaos.table import table, tell
from tests.conftest import ROOT, SettingsFactory
from tests.integration.notifications.conftest import Receiver, Routing, receiver
from tests.integration.stream.conftest import Event, Stream, make_stream, stream
from tests.integration.stream.test_faults import a_walk

__all__ = ["make_stream", "receiver", "stream"]

RATE = 300
"""Events a second."""
BEFORE, AFTER = 3.0, 3.0
"""Seconds of load before a fault begins, and after it has ended."""


@dataclass
class Trial:
    """One fault under load."""

    name: str
    stream: Stream
    events: list[Event] = field(default_factory=lambda: a_walk(100_000, seed=7))
    sent: int = 0
    began: float = field(default_factory=time.monotonic)

    async def send(self, count: int) -> None:
        """Send the next `count` events."""
        await self.stream.send(self.events[self.sent : self.sent + count])
        self.sent += count

    @asynccontextmanager
    async def fault(self) -> AsyncIterator[None]:
        """Send events before, during and after the fault in the body; then check everything."""
        ended = asyncio.Event()

        async def send() -> None:
            while not ended.is_set():
                await self.send(RATE // 10)
                await asyncio.sleep(0.1)

        sending = asyncio.create_task(send())
        await asyncio.sleep(BEFORE)
        await self.stream.stored(self.sent)
        self.began = time.monotonic()
        yield
        over = time.monotonic()
        await asyncio.sleep(AFTER)
        ended.set()
        await sending
        await self.stream.drained()
        tell(self.name, over - self.began, time.monotonic() - over)
        settings = self.stream.settings
        due = await due_in_kafka(settings, {e["eventId"] for e in self.events[: self.sent]})
        found = await differences(settings, due)
        assert not found, "\n".join(found)


@pytest.fixture
def trial(request: pytest.FixtureRequest, stream: Stream) -> Trial:
    """The trial of a test on the shared servers, named after it."""
    return Trial(_name(request), stream)


def _name(request: pytest.FixtureRequest) -> str:
    return str(request.node.name).removeprefix("test_").replace("_", " ")


@pytest.fixture(scope="session", autouse=True)
def told() -> Iterator[None]:
    """Print the table of all faults at the end."""
    yield
    sys.stdout.write(table())


@pytest.fixture(scope="session")
def cluster(server_home: Path) -> Iterator[Cluster]:
    """Three secured brokers, started."""
    made = Cluster(server_home / "cluster", kafka_libs(ROOT / ".tidemark" / "kafka"))
    made.start()
    yield made
    made.stop()


@pytest.fixture
async def cluster_trial(
    request: pytest.FixtureRequest,
    cluster: Cluster,
    topic_prefix: str,
    make_settings: SettingsFactory,
    receiver: Receiver,
    tmp_path: Path,
) -> AsyncIterator[ClusterTrial]:
    """Topics, tables and one subscription; no process runs yet."""
    await cluster.whole()
    await cluster.permit(topic_prefix)
    settings = make_settings(
        **cluster.settings,
        session_timeout_seconds=10.0,
        secret_key=new_key(),
        notify_networks=["127.0.0.0/8"],
        notify_retry_seconds=0.5,
        notify_timeout_seconds=5.0,
        notify_lease_seconds=8.0,
        # Silence is no part of the oracle's arithmetic.
        stale_minimum_seconds=86_400.0,
    )
    await provision(settings)
    routing = Routing(settings, _starts_nothing, None)
    await routing.subscribe(await routing.channel(receiver.url, repeatable=True))
    line = Line(settings, tmp_path)
    trial = ClusterTrial(_name(request), cluster, settings, line, receiver)
    yield trial
    for listener in trial.listeners:
        await listener.stop()
    await line.stop()
    await cluster.remove(topic_prefix)


def _starts_nothing(*_: object, **__: object) -> Any:
    raise NotImplementedError
