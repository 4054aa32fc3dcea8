"""One alert over all that befalls a metric: on the topics and in PostgreSQL."""

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.thresholds import Incidents, Thresholds
from tests.conftest import SettingsFactory
from tests.integration.stream.conftest import Stream, an_event

ASSET = "warehouse.orders"


@pytest.fixture
async def following(make_stream: Callable[..., Any], make_settings: SettingsFactory) -> Stream:
    thresholds = Thresholds(incidents=Incidents())
    stream: Stream = await make_stream(make_settings(thresholds=thresholds))
    stream.start("worker")
    stream.start("sink")
    return stream


async def send(stream: Stream, *values: float) -> None:
    await stream.send(an_event(ASSET, value, second) for second, value in enumerate(values))
    await stream.drained()


async def standing(stream: Stream) -> list[Any]:
    return await stream.rows(
        "SELECT status, severity, message, (metadata->>'occurrences')::int "
        "FROM quality_alerts_realtime"
    )


async def test_a_worse_drop_raises_the_open_alert(following: Stream) -> None:
    await send(following, 90, 84, 64, 66, 46)
    message = f"{ASSET}: score fell by 44 points, 90 -> 46"
    assert await standing(following) == [("active", "critical", message, 3)]
    steps = await following.rows("SELECT action, to_status FROM alert_audit ORDER BY number")
    assert steps == [("recur", "active")] * 2
    for topic, count in (
        (following.topics.alerts_medium, 1),
        (following.topics.alerts_critical, 1),
        (following.topics.alerts, 3),
    ):
        assert len(await following.records(topic)) == count


async def test_it_resolves_itself_and_the_next_drop_raises_another(following: Stream) -> None:
    await send(following, 90, 70, 89, 90, 90, 60)
    found = sorted(await standing(following))
    assert [row[:2] for row in found] == [("active", "critical"), ("resolved", "critical")]
    ((resolution,),) = await following.rows(
        "SELECT resolution FROM quality_alerts_realtime WHERE status = 'resolved'"
    )
    assert resolution == "it has recovered: 90, and was 90 before"
