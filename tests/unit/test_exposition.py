import asyncio
import threading
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter

from devstack.ports import free_port
from pipeline import exposition
from pipeline.exposition import exposed
from pipeline.settings import Settings, SettingsError


@pytest.fixture
def registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    Counter("bytes_total", "Bytes", registry=registry).inc(7)
    return registry


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop that turns in a thread of its own, as a worker's does."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_metrics_and_health_are_served_until_the_end(
    registry: CollectorRegistry, loop: asyncio.AbstractEventLoop
) -> None:
    settings = Settings(metrics_port=free_port())
    url = f"http://127.0.0.1:{settings.metrics_port}"
    with exposed(settings, registry, loop):
        assert "bytes_total 7.0" in httpx.get(f"{url}/metrics").text
        health = httpx.get(f"{url}/healthz")
        assert (health.status_code, health.json()) == (200, {"status": "ok"})
        assert httpx.get(f"{url}/").status_code == 404
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/metrics")


def test_a_stuck_loop_is_not_healthy(
    registry: CollectorRegistry,
    loop: asyncio.AbstractEventLoop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exposition, "TURN_SECONDS", 0.05)
    settings = Settings(metrics_port=free_port())
    stuck = threading.Event()
    loop.call_soon_threadsafe(stuck.wait)
    try:
        with exposed(settings, registry, loop):
            health = httpx.get(f"http://127.0.0.1:{settings.metrics_port}/healthz")
    finally:
        stuck.set()
    assert (health.status_code, health.json()) == (503, {"status": "the event loop is stuck"})


def test_a_closed_loop_is_not_healthy(registry: CollectorRegistry) -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    settings = Settings(metrics_port=free_port())
    with exposed(settings, registry, loop):
        health = httpx.get(f"http://127.0.0.1:{settings.metrics_port}/healthz")
    assert health.status_code == 503


def test_a_taken_port_is_told_by_its_setting(
    registry: CollectorRegistry, loop: asyncio.AbstractEventLoop
) -> None:
    settings = Settings(metrics_port=free_port())
    with (
        exposed(settings, registry, loop),
        pytest.raises(SettingsError, match=r"^TIDEMARK_METRICS_PORT: .* in use"),
        exposed(settings, registry, loop),
    ):
        pass


def test_without_a_port_nothing_is_served(
    registry: CollectorRegistry, loop: asyncio.AbstractEventLoop
) -> None:
    before = threading.active_count()
    with exposed(Settings(), registry, loop):
        assert threading.active_count() == before
