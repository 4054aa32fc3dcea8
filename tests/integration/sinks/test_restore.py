"""What a restore makes of single deliveries and steps."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from psycopg import AsyncConnection

from schemas.alerts import AlertStatus
from schemas.deliveries import DeliveryEntry, DeliveryState, DeliveryStep
from schemas.notifications import Notification
from sinks.alerts import store
from sinks.notifications.deliveries import sweep
from sinks.restore import deliveries, steps
from tests.integration.sinks.conftest import NOON, an_alert, rows

LATER = timedelta(seconds=5)


def a_step(state: DeliveryState, **fields: Any) -> DeliveryStep:
    number = uuid4()
    given: dict[str, Any] = {
        "id": number,
        "channel_id": uuid4(),
        "channel_name": "chat",
        "subscription_id": uuid4(),
        "actor": "ann",
        "notification": Notification(id=number, created_at=NOON, alerts=[]),
        "state": state,
        "attempts": 1,
        "created_at": NOON,
        "entries": [DeliveryEntry(alert_id=uuid4(), occasion="raised", activation=uuid4())],
    }
    return DeliveryStep(**(given | fields))


async def states(connection: AsyncConnection) -> list[Any]:
    return await rows(connection, "SELECT state, attempts FROM notification_deliveries")


@pytest.mark.parametrize("state", list(DeliveryState))
async def test_the_journal_is_believed_where_it_is_newer(
    connection: AsyncConnection, state: DeliveryState
) -> None:
    pending = a_step(DeliveryState.PENDING, attempts=0)
    now = datetime.now(UTC)
    assert await deliveries.put(connection, pending, now)
    known = msgspec.structs.replace(pending, state=state, attempts=1)
    assert not await deliveries.put(connection, known, now - LATER)
    assert await states(connection) == [("pending", 0)]
    for _ in range(2):
        await deliveries.put(connection, known, datetime.now(UTC) + LATER)
        told = state is not DeliveryState.PENDING
        assert await states(connection) == [(state, int(told))]
    query = "SELECT count(*) FROM notification_delivery_alerts"
    assert await rows(connection, query) == [(1,)]


async def test_what_was_being_sent_is_not_sent_again(connection: AsyncConnection) -> None:
    claimed = a_step(DeliveryState.SENDING)
    await deliveries.put(connection, claimed, datetime.now(UTC) - timedelta(hours=1))
    (swept,) = await sweep(connection, 120)
    assert (swept.id, swept.state) == (claimed.id, "interrupted")


async def test_people_and_the_stream_take_turns(connection: AsyncConnection) -> None:
    raised = an_alert()

    def step(status: AlertStatus, **fields: Any) -> Any:
        given = {"step_id": uuid4(), "changed_by": "key:ann"} | fields
        return msgspec.structs.replace(raised, status=status, **given)

    life = [
        raised,
        step(AlertStatus.ACKNOWLEDGED, comment="I look"),
        step(AlertStatus.ACKNOWLEDGED, comment="odd"),
        step(AlertStatus.ACKNOWLEDGED, assignee="ann"),
        step(AlertStatus.RESOLVED, changed_by="pipeline", resolution="is well"),
        step(AlertStatus.ACTIVE),
        step(AlertStatus.IGNORED, assignee="ann"),
    ]
    await store(connection, life[:1])
    for missing in (5, 0):
        assert await steps.apply(connection, life) == missing
    audit = "SELECT action, actor, from_status, to_status FROM alert_audit ORDER BY number"
    assert await rows(connection, audit) == [
        ("acknowledge", "key:ann", "active", "acknowledged"),
        ("comment", "key:ann", "acknowledged", "acknowledged"),
        ("assign", "key:ann", "acknowledged", "acknowledged"),
        ("resolve", "pipeline", "acknowledged", "resolved"),
        ("reopen", "key:ann", "resolved", "active"),
        ("ignore", "key:ann", "active", "ignored"),
    ]
    query = "SELECT status, assignee, step_id FROM quality_alerts_realtime"
    assert await rows(connection, query) == [("ignored", "ann", life[-1].step_id)]
