"""How alerting fares, from alerts and their audit."""

from datetime import timedelta
from uuid import UUID

import psycopg

from schemas.alerts import AlertMetadata, AlertStatus, Severity
from tests.integration.api.conftest import NOW, RunningEdge, Stream, an_alert

from .test_rest import Facts, get


async def took(
    edge: RunningEdge,
    alert: UUID,
    stored: float,
    acknowledged: float | None = None,
    resolved: float | None = None,
    *,
    by_itself: bool = False,
) -> None:
    """Write down when (minutes ago) an alert was stored, acknowledged and resolved."""
    url = edge.settings.database_url.get_secret_value()
    moments = [
        None if minutes is None else NOW - timedelta(minutes=minutes)
        for minutes in (stored, acknowledged, resolved)
    ]
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute(
            "UPDATE quality_alerts_realtime SET created_at = %s, acknowledged_at = %s, "
            "resolved_at = %s, resolved_by_itself = %s WHERE id = %s",
            (*moments, by_itself, alert),
        )


async def test_insights(edge: RunningEdge, stream: Stream) -> None:
    first = an_alert("crm.users", minutes=60, status=AlertStatus.RESOLVED)
    second = an_alert("crm.users", minutes=30, status=AlertStatus.RESOLVED)
    ignored = an_alert("crm.users", minutes=20, status=AlertStatus.IGNORED)
    stale = an_alert(
        "erp.bills", minutes=600, severity=Severity.MEDIUM, metadata=AlertMetadata(rule="stale")
    )
    old = an_alert("erp.bills", minutes=60 * 24 * 40)
    await stream.store(first, second, ignored, stale, old)
    await took(edge, first.id, 59, acknowledged=49, resolved=39)
    await took(edge, second.id, 27, resolved=5, by_itself=True)
    await took(edge, ignored.id, 18)
    found = await get(edge, "/insights")
    assert (found["alerts"], found["open"], found["ignored"]) == (4, 1, 1)
    assert (found["resolved"], found["resolvedByItself"]) == (2, 1)
    assert found["toDetect"] == {"count": 3, "mean": 120, "median": 120, "p90": 168}
    assert found["toAcknowledge"]["median"] == 600
    assert found["toResolve"] == {"count": 2, "mean": 1260, "median": 1260, "p90": 1308}
    assert [(rule["rule"], rule["alerts"], rule["ignored"]) for rule in found["byRule"]] == [
        ("score_drop", 3, 1), ("stale", 1, 0),
    ]  # fmt: skip
    assert found["byRule"][0]["bySeverity"] == {"critical": 0, "high": 3, "medium": 0, "low": 0}
    assert sum(day["alerts"] for day in found["byDay"]) == 4
    noisy = found["noisiest"][0]
    assert (noisy["assetId"], noisy["alerts"], noisy["open"]) == ("crm.users", 3, 0)
    assert noisy["lastAlert"] == str(ignored.id)
    assert len((await get(edge, "/insights?limit=1"))["noisiest"]) == 1
    assert (await get(edge, "/insights?days=60"))["alerts"] == 5
    assert (await get(edge, "/insights?assetId=erp.*"))["alerts"] == 1
    async with edge.http() as http:
        since = "since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z"
        assert (await http.get(f"/insights?{since}")).status_code == 422


async def test_the_first_of_the_steps_people_take_count(edge: RunningEdge, stream: Stream) -> None:
    alert = an_alert()
    await stream.store(alert)
    async with edge.http() as http:
        for step in ("acknowledge", "resolve", "reopen", "acknowledge", "resolve"):
            body = {"resolution": "mended"} if step == "resolve" else {}
            assert (await http.post(f"/alerts/{alert.id}/{step}", json=body)).is_success
    found = await get(edge, "/insights")
    assert (found["toAcknowledge"]["count"], found["toResolve"]["count"]) == (1, 1)
    assert (found["resolved"], found["resolvedByItself"]) == (1, 0)
    first = """SELECT min(at) FILTER (WHERE action = 'acknowledge'),
                      min(at) FILTER (WHERE action = 'resolve') FROM alert_audit"""
    kept = "SELECT acknowledged_at, resolved_at FROM quality_alerts_realtime"
    assert await stream.rows(kept) == await stream.rows(first)


async def test_without_alerts_there_are_no_times(edge: RunningEdge) -> None:
    facts = Facts(edge.settings.database_url.get_secret_value())
    await facts.current("a", "score", 90)
    await facts.dimension("a", "validity", 90, 1)
    await facts.current("b", "issues", 1)
    found = await get(edge, "/insights")
    assert found["toDetect"] == {"count": 0, "mean": None, "median": None, "p90": None}
    coverage = found["coverage"]
    assert (coverage["assets"], coverage["recent"]) == (2, 2)
    assert (coverage["withScore"], coverage["withDimensions"]) == (1, 1)
    assert coverage["metrics"] == [
        {"metricType": "issues", "assets": 1}, {"metricType": "score", "assets": 1},
    ]  # fmt: skip
