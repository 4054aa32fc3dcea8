"""Everything that can be sent, for minutes, while processes are ended and started again."""

import asyncio
import os
import random
import signal
import time

import pytest

from tests.chaos.poison import Line
from tests.integration.stream.conftest import Stream, make_stream, stream

__all__ = ["make_stream", "stream"]
pytestmark = pytest.mark.chaos
SECONDS = float(os.environ.get("SECONDS", "180"))
SEED = int(os.environ.get("SEED", random.randrange(1_000_000)))


async def test_whatever_is_sent_while_processes_end(stream: Stream) -> None:
    """SEED= repeats a run's choices, SECONDS= is how long it sends."""
    line = Line(stream, SEED)
    await line.start()
    listening = asyncio.create_task(line.listen())
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends:
        await asyncio.gather(line.produce(10), line.post(10))
        await line.restart(line.odd.random.choice((signal.SIGKILL, signal.SIGTERM)))
    await line.settle()
    await line.check()
    listening.cancel()
