"""Load that goes on while things break, and the table of how long they took."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from tests.integration.stream.conftest import Event, Stream, make_stream, stream
from tests.integration.stream.test_faults import a_walk, check

__all__ = ["make_stream", "stream"]

RATE = 300
"""Events a second."""
BEFORE, AFTER = 3.0, 3.0
"""Seconds of load before a fault begins, and after it has ended."""

_found: list[tuple[str, float, float]] = []


def tell(name: str, lasted: float, took: float) -> None:
    """Have the table say how long a fault lasted and catching up took, in seconds."""
    _found.append((name, lasted, took))


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
        await check(self.stream, self.events[: self.sent])


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
