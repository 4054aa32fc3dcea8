"""From event to alert: thresholds, order, silence, and what can't be an event."""

import json
from collections import Counter
from uuid import UUID

import pytest

from schemas import dead_letters
from tests.integration.stream.conftest import Event, Stream, an_event, eventually

FALLS = [
    # from, to, severity (None: no alert), alert type
    (90.0, 70.0, "critical", "sudden_drop"),
    (70.1, 50.1, "critical", "sudden_drop"),  # 19.999999999999996 in floating point
    (90.0, 70.01, "high", "sudden_drop"),
    (90.0, 69.0, "critical", "sudden_drop"),
    (90.0, 80.0, "high", "sudden_drop"),
    (90.0, 80.01, "medium", "threshold_breach"),
    (90.3, 80.3, "high", "sudden_drop"),
    (90.0, 79.0, "high", "sudden_drop"),
    (90.0, 85.0, "medium", "threshold_breach"),
    (90.0, 85.01, None, None),
    (90.0, 84.0, "medium", "threshold_breach"),
    (70.0, 75.0, "low", "score_improvement"),
    (70.0, 74.99, None, None),
    (90.0, 90.0, None, None),
]
RISES = [
    (0, 10, "critical", "new_issues"),
    (3, 12, "high", "new_issues"),
    (0, 11, "critical", "new_issues"),
    (0, 5, "high", "new_issues"),
    (0, 4, "medium", "new_issues"),
    (0, 2, "medium", "new_issues"),
    (0, 1, None, None),
    (7, 0, "low", "issue_resolved"),
    (7, 1, None, None),
]


async def test_every_threshold_at_above_and_below_its_bound(stream: Stream) -> None:
    events: list[Event] = []
    expected: dict[str, tuple[str | None, str | None]] = {}
    for metric, cases in (("score", FALLS), ("issues", RISES)):
        for before, after, severity, kind in cases:
            asset = f"{metric}.{before}.{after}"
            expected[asset] = (severity, kind)
            events.append(an_event(asset, before, 0, metricType=metric))
            events.append(an_event(asset, after, 1, metricType=metric))
    stream.start("worker")
    stream.start("sink")
    await stream.send(events)
    await stream.drained()

    alerts = await stream.alerts()
    raised = {alert.asset_id: (str(alert.severity), str(alert.alert_type)) for alert in alerts}
    assert raised == {asset: found for asset, found in expected.items() if found[0]}
    assert len(alerts) == len(raised)
    for severity in ("critical", "high", "medium"):
        paged = await stream.alerts(getattr(stream.topics, f"alerts_{severity}"))
        assert {a.id for a in paged} == {a.id for a in alerts if a.severity == severity}
    stored = await stream.rows("SELECT asset_id, severity, alert_type FROM quality_alerts_realtime")
    assert {asset: (severity, kind) for asset, severity, kind in stored} == raised
    changes = [json.loads(record.value) for record in await stream.records(stream.topics.changes)]
    assert {change["assetId"] for change in changes} == {
        f"{metric}.{before}.{after}"
        for metric, cases in (("score", FALLS), ("issues", RISES))
        for before, after, *_ in cases
        if before != after
    }
    fall = next(c for c in changes if c["assetId"] == "score.70.1.50.1")
    assert (fall["change"], fall["severity"]) == (-20.0, "critical")
    rise = next(c for c in changes if c["assetId"] == "issues.0.1")
    assert (rise["changePercent"], rise["severity"]) == (None, None)


async def test_late_and_repeated_events(stream: Stream) -> None:
    stream.start("worker")
    stream.start("sink")
    first, second = an_event("a", 90, 0), an_event("a", 60, 20)
    late = an_event("a", 10, 10)
    await stream.send([first, second, second, late, an_event("a", 59.5, 30), second])
    await stream.drained()
    assert [(a.message, a.severity) for a in await stream.alerts()] == [
        ("a: score fell by 30 points, 90 -> 60", "critical")
    ]
    history = await stream.rows(
        'SELECT value, late FROM quality_metric_history ORDER BY "timestamp"'
    )
    assert history == [(90, False), (10, True), (60, False), (59.5, False)]
    assert await stream.rows("SELECT value, previous_value FROM quality_metric_current") == [
        (59.5, 60)
    ]
    # The late one counts in the day's figures, the repeated ones do not.
    assert await stream.rows("SELECT count, minimum, maximum FROM quality_metric_daily") == [
        (4, 10, 90)
    ]


REFUSED = {
    b'{"assetId": "\xff"}': "not UTF-8",
    b"{": "not JSON",
    b"[]": "Expected object, got array",
    b"": "the record is empty",
    json.dumps(an_event("bad", 101)).encode(): "value: score must be 0-100, got 101",
    json.dumps(an_event("bad", 1.5, metricType="issues")).encode(): "issues must be a whole number",
    json.dumps(an_event("bad", 1, metricType="beauty")).encode(): "metricType: ",
    json.dumps(an_event("bad", 1, timestamp="2025-01-01T00:00:00")).encode(): "timestamp: ",
    json.dumps(an_event("bad", 1, metadata=[1])).encode(): "metadata: must be an object",
    json.dumps(an_event("bad", 1, metadata={"x": "y" * 17_000})).encode(): "metadata: ",
    json.dumps(an_event("bad", 1, note="x" * 70_000)).encode(): "bytes long, 65536 are allowed",
    json.dumps(an_event("bad", 1, second=1e7)).encode(): "ahead of the event's arrival",
    json.dumps(an_event("other", 1)).encode(): "the record key must be the assetId 'other'",
}


async def test_a_malformed_flood_spoils_nothing(stream: Stream) -> None:
    good = [an_event(f"good.{n % 5}", 90 if n < 5 else 60, n) for n in range(10)]
    stream.start("worker")
    stream.start("sink")
    flood = [(b"bad", raw) for raw in REFUSED] * 50
    for n, event in enumerate(good):
        await stream.send_raw(flood[n * len(flood) // 10 : (n + 1) * len(flood) // 10], 0)
        await stream.send([event], 0)
    await stream.drained()
    assert len(await stream.alerts()) == 5

    letters = await stream.records(stream.topics.dead_letters)
    assert Counter(letter.value or b"" for letter in letters) == dict.fromkeys(REFUSED, 50)
    for letter in letters:
        headers = dict(letter.headers)
        assert REFUSED[letter.value or b""] in headers[dead_letters.REASON].decode()
        assert headers[dead_letters.SOURCE_TOPIC].decode() == stream.topics.metrics
        assert headers[dead_letters.SOURCE_PARTITION] == b"0"
    offsets = [int(dict(letter.headers)[dead_letters.SOURCE_OFFSET]) for letter in letters]
    assert len(set(offsets)) == len(offsets) == len(flood)


@pytest.mark.parametrize("store", ["rocksdb", "memory"])
async def test_a_silent_asset_is_told_of_and_resolves_when_it_speaks(
    stream: Stream, store: str
) -> None:
    stream.start(
        "worker", state_store=store, stale_scan_seconds=0.3, stale_grace_seconds=0.5,
        threshold_overrides=({"pattern": "hourly.*", "stale_after": 1.5},),
    )  # fmt: skip
    stream.start("sink")
    await stream.send([an_event("hourly.orders", 90), an_event("other", 90)])

    async def told() -> bool:
        return bool(await stream.rows("SELECT 1 FROM quality_alerts_realtime"))

    await eventually(told)
    (alert,) = await stream.alerts()
    assert (alert.asset_id, alert.severity, alert.alert_type) == (
        "hourly.orders", "medium", "threshold_breach",
    )  # fmt: skip
    assert (alert.metadata.rule, alert.metadata.expected_interval_seconds) == ("stale", 1.5)
    await stream.send([an_event("hourly.orders", 90, 5)])

    async def resolved() -> bool:
        query = "SELECT status, changed_by FROM quality_alerts_realtime WHERE id = %s"
        return await stream.rows(query, alert.id) == [("resolved", "pipeline")]

    await eventually(resolved)
    audit = await stream.rows("SELECT action, actor, from_status FROM alert_audit")
    assert audit[0] == ("resolve", "pipeline", "active")


async def test_names_sources_and_missing_event_ids(stream: Stream) -> None:
    stream.start("worker")
    stream.start("sink")
    told = {"assetName": "Orders", "assetType": "table", "source": "dbt"}
    unnamed = [
        {k: v for k, v in an_event("a", value, second).items() if k != "eventId"}
        for second, value in enumerate((90, 60))
    ]
    await stream.send([unnamed[0] | told | {"metadata": {"run": 7}, "unknown": True}])
    await stream.send([unnamed[1]])
    await stream.drained()
    assert await stream.rows("SELECT asset_id, asset_name, asset_type, source FROM assets") == [
        ("a", "Orders", "table", "dbt")
    ]
    (alert,) = await stream.alerts()
    assert (alert.asset_name, alert.source) == ("Orders", "dbt")
    ids = await stream.rows(
        'SELECT event_id, metadata FROM quality_metric_history ORDER BY "timestamp"'
    )
    assert isinstance(ids[0][0], UUID)
    assert ids[0][1] == {"run": 7}
    assert ids[1] == (alert.metadata.event_id, None)
