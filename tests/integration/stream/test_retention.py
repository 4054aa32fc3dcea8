"""What is older than is kept raises alerts, and is not stored."""

from collections.abc import Callable
from typing import Any

from tests.conftest import SettingsFactory
from tests.integration.stream.conftest import Stream, an_event

DAY = 86_400.0


async def test_events_older_than_the_history_are_neither_stored_nor_summed(
    make_settings: SettingsFactory, make_stream: Callable[..., Any]
) -> None:
    """Summed alone they would count twice when read again: nothing would tell that they were."""
    stream: Stream = await make_stream(make_settings(history_days=3, retention_days=30))
    stream.start("worker")
    stream.start("sink")
    await stream.send(
        [
            an_event("a", 90, -10 * DAY),
            an_event("a", 50, -9 * DAY),
            an_event("a", 80, 0),
        ]
    )
    await stream.drained()
    assert [alert.metadata.change for alert in await stream.alerts()] == [-40, 30]
    assert await stream.rows("SELECT value FROM quality_metric_history") == [(80,)]
    assert await stream.rows("SELECT sum(count) FROM quality_metric_daily") == [(1,)]
