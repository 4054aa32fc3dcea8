"""How late an event loop is: for so long nothing else in its process got a turn."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, Histogram

EVERY_SECONDS: Final = 0.02


class LagMeter:
    """Measures one event loop.

    Args:
        registry: where the figures are told.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lags = Histogram(
            "tidemark_event_loop_lag_seconds", "How late the event loop comes to what is due",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5), registry=registry,
        )  # fmt: skip
        self._longest_told = Gauge(
            "tidemark_event_loop_lag_longest_seconds", "The longest lag since the start",
            registry=registry,
        )  # fmt: skip
        self._held_told = Gauge(
            "tidemark_event_loop_held_longest_seconds",
            "The most CPU time between two turns of the event loop since the start",
            registry=registry,
        )
        self._longest = self._held = self._cpu = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @contextmanager
    def measuring(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        """Measure `loop` whenever it runs."""
        self._cpu = time.thread_time()
        self._expect(loop)
        try:
            yield
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def _expect(self, loop: asyncio.AbstractEventLoop) -> None:
        due = loop.time() + EVERY_SECONDS
        self._timer = loop.call_at(due, self._come, loop, due)

    def _come(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        lag = max(0.0, loop.time() - due)
        self._lags.observe(lag)
        if lag > self._longest:
            self._longest = lag
            self._longest_told.set(lag)
        # A busy machine makes a loop late too; this is what it owes to itself.
        held, self._cpu = time.thread_time() - self._cpu, time.thread_time()
        if held > self._held:
            self._held = held
            self._held_told.set(held)
        self._expect(loop)
