import asyncio
import time

from prometheus_client import CollectorRegistry

from pipeline.lag import LagMeter


def value(registry: CollectorRegistry, name: str) -> float:
    return registry.get_sample_value(f"tidemark_event_loop_lag_{name}") or 0.0


async def test_a_loop_that_is_held_is_late() -> None:
    registry = CollectorRegistry()

    async def counted(more_than: float) -> float:
        while value(registry, "seconds_count") <= more_than:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        return value(registry, "seconds_count")

    with LagMeter(registry).measuring(asyncio.get_running_loop()):
        before = await counted(2)
        time.sleep(0.3)  # noqa: ASYNC251 - what is measured
        await counted(before)
    assert value(registry, "longest_seconds") > 0.25
