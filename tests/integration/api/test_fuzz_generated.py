"""Requests made from the OpenAPI document, mangled HTTP and frames: nothing fails, all live.

The same at length: `python -m benchmarks.fuzz`.
"""

import asyncio

import pytest

from api.routes import ENDPOINTS
from benchmarks.fuzz.__main__ import attack
from benchmarks.fuzz.rest import operations
from tests.integration.api.conftest import RunningEdge

SECONDS = 15


def test_every_endpoint_is_asked() -> None:
    asked = {(operation.method, operation.path) for operation in operations()}
    served = {(e.method, e.address.replace(":anything}", "}")) for e in ENDPOINTS}
    assert served <= asked


@pytest.mark.filterwarnings("ignore::ResourceWarning")
async def test_nothing_fails_and_all_live(edge: RunningEdge) -> None:
    assert edge.process is not None
    figures = await asyncio.to_thread(
        lambda: asyncio.run(attack(edge.settings.http_port, "make test", SECONDS, 2))
    )
    assert edge.process.poll() is None
    assert figures.faults == [], figures.told()
    assert min(map(figures.total, ("rest", "bytes", "socket"))) > 0
    async with edge.socket() as talk:
        assert (await talk.hear())["type"] == "connected"
