"""Hold everything that came of the events against what was due, to the record."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import msgspec
import psycopg
from aiokafka.structs import ConsumerRecord

from pipeline.settings import Settings
from pipeline.topics import Topics
from tests.chaos.listener import Listener
from tests.chaos.oracle import Due, DueAlert, DueRow, due_of
from tests.integration.kafka import read_topic
from tests.integration.notifications.conftest import Received

MOST_SHOWN = 5
PAGED = ("critical", "high", "medium")


async def due_in_kafka(
    settings: Settings, acknowledged: set[str], deleted: Iterable[ConsumerRecord] = ()
) -> Due:
    """Return what is due of the metrics topic, which must have all that it acknowledged.

    `deleted` are the records of the same topic before it was deleted and created again.
    """
    records = await read_topic(settings, Topics(settings.topic_prefix).metrics)
    due = due_of([*_in_order(deleted), *_in_order(records)])
    lost = acknowledged - {row.event_id for row in due.rows}
    assert not lost, f"Kafka lost {len(lost)} acknowledged events"
    return due


def _in_order(records: Iterable[ConsumerRecord]) -> list[ConsumerRecord]:
    return sorted(records, key=lambda record: (record.partition, record.offset))


async def differences(
    settings: Settings,
    due: Due,
    listeners: Sequence[Listener] = (),
    received: Sequence[Received] | None = None,
) -> list[str]:
    """Return one line for each place that differs from what is due.

    Sockets and deliveries (`received`) are compared where a scenario has them.
    """
    topics = Topics(settings.topic_prefix)
    found = _differ("topic of alerts", due.alerts, await _in_topic(settings, topics.alerts))
    for severity in PAGED:
        wanted = {one: n for one, n in due.alerts.items() if one.severity == severity}
        topic = getattr(topics, f"alerts_{severity}")
        found += _differ(f"topic of {severity}", Counter(wanted), await _in_topic(settings, topic))
    found += await _differ_in_postgres(settings, due)
    for number, listener in enumerate(listeners, 1):
        heard = Counter(map(_alert, listener.steps))
        found += _differ(f"socket {number}", due.alerts, heard)
    if received is None:
        return found
    owed = Counter({one: n for one, n in due.alerts.items() if one.severity in PAGED})
    return found + _differ("deliveries", owed, _told(received))


async def _in_topic(settings: Settings, topic: str) -> Counter[DueAlert]:
    """Every step once: a reader drops a repeated step id."""
    steps: dict[str, dict[str, Any]] = {}
    for record in await read_topic(settings, topic):
        step = _loads(record)
        steps.setdefault(step["stepId"], step)
    return Counter(map(_alert, steps.values()))


async def _differ_in_postgres(settings: Settings, due: Due) -> list[str]:
    url = settings.database_url.get_secret_value()
    async with await psycopg.AsyncConnection.connect(url) as connection:

        async def rows(query: str) -> list[tuple[Any, ...]]:
            return await (await connection.execute(query.encode())).fetchall()

        alerts = await rows(
            "SELECT asset_id, metadata->>'metricType', metadata->>'eventId', severity,"
            " metadata->>'previousValue', metadata->>'currentValue' FROM quality_alerts_realtime"
        )
        history = await rows(
            "SELECT asset_id, metric_type, event_id::text, value::text, late"
            " FROM quality_metric_history"
        )
        current = await rows(
            "SELECT asset_id, metric_type, value::text FROM quality_metric_current"
        )
        sums = await rows(
            "SELECT 'daily', sum(count) FROM quality_metric_daily UNION ALL"
            " SELECT 'hourly', sum(count) FROM quality_metric_hourly UNION ALL"
            " SELECT 'overall', sum(count) FROM quality_group_daily WHERE kind = 'overall'"
        )
    return [
        *_differ(
            "alerts in PostgreSQL",
            due.alerts,
            Counter(DueAlert(*head, Decimal(a), Decimal(b)) for *head, a, b in alerts),
        ),
        *_differ(
            "history",
            due.rows,
            Counter(DueRow(*head, Decimal(value), late) for *head, value, late in history),
        ),
        *_differ(
            "current values",
            Counter(due.current.items()),
            Counter(((asset, metric), Decimal(value)) for asset, metric, value in current),
        ),
        *_differ("sums", Counter(_sums(due)), Counter((name, int(n or 0)) for name, n in sums)),
    ]


def _sums(due: Due) -> Iterable[tuple[str, int]]:
    return ((name, due.rows.total()) for name in ("daily", "hourly", "overall"))


def _told(received: Sequence[Received]) -> Counter[DueAlert]:
    """Every message once: the receiver drops a repeated `webhook-id`, as documented."""
    messages = {one.headers["webhook-id"]: one for one in received}
    return Counter(
        _alert(msgspec.to_builtins(told.alert))
        for message in messages.values()
        for told in message.notification.alerts
    )


def _alert(step: dict[str, Any]) -> DueAlert:
    metadata = step["metadata"]
    previous, current = (metadata[f"{name}Value"] for name in ("previous", "current"))
    return DueAlert(
        step["assetId"],
        metadata["metricType"],
        metadata["eventId"],
        step["severity"],
        Decimal(str(previous)),
        Decimal(str(current)),
    )


def _loads(record: ConsumerRecord) -> dict[str, Any]:
    step: dict[str, Any] = json.loads(record.value)
    return step


def _differ(place: str, due: Counter[Any], there: Counter[Any]) -> list[str]:
    missing, surplus = due - there, there - due
    if not missing and not surplus:
        return []
    return [
        f"{place}: {due.total()} due, {missing.total()} missing, {surplus.total()} too many or "
        f"wrong; missing {list(missing)[:MOST_SHOWN]}; surplus {list(surplus)[:MOST_SHOWN]}"
    ]
