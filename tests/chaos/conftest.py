"""Load that goes on while things break, and the table of how long they took."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from tests.integration.stream.conftest import Stream, make_stream, stream
from tests.integration.stream.test_faults import a_walk, check

__all__ = ["make_stream", "stream"]

RATE = 300
"""Events a second."""
BEFORE, AFTER = 3.0, 3.0
"""Seconds of load before a fault begins, and after it has ended."""

_found: list[tuple[str, float, float]] = []


@dataclass
class Trial:
    """One fault under load."""

    name: str
    stream: Stream
    began: float = field(default_factory=time.monotonic)

    @asynccontextmanager
    async def fault(self) -> AsyncIterator[None]:
        """Send events before, during and after the fault in the body; then check everything."""
        events = a_walk(100_000, seed=7)
        sent = 0
        ended = asyncio.Event()

        async def send() -> None:
            nonlocal sent
            while not ended.is_set():
                await self.stream.send(events[sent : sent + RATE // 10])
                sent += RATE // 10
                await asyncio.sleep(0.1)

        sending = asyncio.create_task(send())
        await asyncio.sleep(BEFORE)
        await self.stream.stored(RATE // 10)
        self.began = time.monotonic()
        yield
        over = time.monotonic()
        await asyncio.sleep(AFTER)
        ended.set()
        await sending
        await self.stream.drained()
        _found.append((self.name, over - self.began, time.monotonic() - over))
        await check(self.stream, events[:sent])


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
    rows = [f"| {name} | {lasted:.1f} | {took:.1f} |\n" for name, lasted, took in _found]
    head = "\n\n| fault | it lasted, s | all caught up after, s |\n|---|---|---|\n"
    sys.stdout.write(head + "".join(rows))
