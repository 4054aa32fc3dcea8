"""Steps of alerts: each once, and never over a person's."""

from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from pipeline.operators.validate_alert import InvalidAlert
from schemas.alerts import AlertMetadata, AlertStatus, Severity
from sinks.alerts import step, store
from tests.integration.sinks.conftest import NOON, an_alert, rows

STANDING = "SELECT status, changed_by, resolution FROM quality_alerts_realtime"


async def test_raised_and_resolved_whatever_is_delivered_again(connection: AsyncConnection) -> None:
    raised = an_alert()
    resolved = msgspec.structs.replace(
        raised, status=AlertStatus.RESOLVED, step_id=uuid4(), resolution="speaks again"
    )
    for steps in ([raised], [raised, resolved], [resolved], [raised]):
        await store(connection, steps)
    assert await rows(connection, STANDING) == [("resolved", "pipeline", "speaks again")]
    assert await rows(connection, "SELECT from_status, to_status FROM alert_audit") == [
        ("active", "resolved")
    ]
    lives = "SELECT resolved_at, resolved_by_itself FROM quality_alerts_realtime"
    assert await rows(connection, lives) == [(resolved.changed_at, True)]


async def test_of_one_batch_too_the_last_step_counts(connection: AsyncConnection) -> None:
    raised = an_alert()
    again = msgspec.structs.replace(
        raised, step_id=uuid4(), metadata=AlertMetadata(rule="score_drop", occurrences=2)
    )
    resolved = msgspec.structs.replace(raised, status=AlertStatus.RESOLVED, step_id=uuid4())
    last = msgspec.structs.replace(resolved, step_id=uuid4())
    await store(connection, [raised, resolved, again])
    assert (await rows(connection, STANDING))[0][0] == "active"
    await store(connection, [raised, resolved, again, last])
    assert (await rows(connection, STANDING))[0][0] == "resolved"


async def test_a_person_has_the_last_word(connection: AsyncConnection) -> None:
    raised = an_alert()
    resolved = msgspec.structs.replace(raised, status=AlertStatus.RESOLVED, step_id=uuid4())
    await store(connection, [raised])
    await connection.execute(
        "UPDATE quality_alerts_realtime SET status = 'ignored', changed_by = 'key:ann'"
    )
    await store(connection, [raised, resolved])
    assert await rows(connection, STANDING) == [("ignored", "key:ann", None)]
    # Acknowledged, then resolved by the stream, then reopened: the resolution comes but once.
    await connection.execute("UPDATE quality_alerts_realtime SET status = 'acknowledged'")
    await store(connection, [resolved])
    await connection.execute(
        "UPDATE quality_alerts_realtime SET status = 'active', changed_by = 'key:ann'"
    )
    await store(connection, [raised, resolved])
    assert (await rows(connection, STANDING))[0][:2] == ("active", "key:ann")


def test_steps_of_people_are_in_postgresql_already() -> None:
    own, taken = an_alert(), an_alert(changed_by="key:ann")
    assert step(msgspec.json.encode(own)) == own
    assert step(msgspec.json.encode(taken)) is None
    with pytest.raises(InvalidAlert, match="missing required field id"):
        step(b"{}")


async def test_the_worst_active_alerts_come_first(connection: AsyncConnection) -> None:
    now = (await rows(connection, "SELECT now()"))[0][0]
    high, critical = (
        an_alert(timestamp=now - timedelta(hours=hours), severity=severity)
        for hours, severity in ((1, Severity.HIGH), (5, Severity.CRITICAL))
    )
    others = [
        an_alert(timestamp=now, severity=Severity.MEDIUM),
        an_alert(timestamp=now - timedelta(hours=25), severity=Severity.CRITICAL),
    ]
    acknowledged = an_alert(timestamp=now, severity=Severity.CRITICAL)
    await store(connection, [high, critical, *others, acknowledged])
    await connection.execute(
        "UPDATE quality_alerts_realtime SET status = 'acknowledged' WHERE id = %s",
        (acknowledged.id,),
    )
    assert await rows(connection, "SELECT id FROM active_critical_alerts") == [
        (critical.id,), (high.id,),
    ]  # fmt: skip


async def test_updates_are_stamped(connection: AsyncConnection) -> None:
    await store(connection, [an_alert(timestamp=NOON)])
    await connection.execute("UPDATE quality_alerts_realtime SET metadata = %s", (Jsonb({}),))
    assert await rows(
        connection, "SELECT updated_at > created_at FROM quality_alerts_realtime"
    ) == [(True,)]


async def test_the_first_version_of_an_alert_stands(connection: AsyncConnection) -> None:
    """Thresholds that changed before a replay make other contents under the same ids."""
    first = an_alert(severity=Severity.MEDIUM)
    again = msgspec.structs.replace(first, severity=Severity.CRITICAL, message="other")
    for steps in ([first, again], [again]):
        await store(connection, steps)
    stored = await rows(connection, "SELECT severity, message FROM quality_alerts_realtime")
    assert stored == [("medium", first.message)]
