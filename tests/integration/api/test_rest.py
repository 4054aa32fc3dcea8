"""What REST tells of metrics, assets and the system; and how."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from pipeline.settings import Settings
from pipeline.thresholds import (
    Incidents,
    LearnedLimits,
    Prediction,
    Scoring,
    ThresholdOverride,
    Thresholds,
)
from pipeline.topics import Topics
from schemas.alerts import AlertStatus, Severity
from schemas.metrics import MetricEvent, MetricType
from sinks.history import Measurement, store
from tests.integration.api.conftest import NOW, RunningEdge, Stream, an_alert, store_asset

DAY = NOW - timedelta(days=1)


class Facts:
    """Writes what the sink writes."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def current(self, asset: str, metric: str, value: float) -> None:
        async with await psycopg.AsyncConnection.connect(self._url) as connection:
            await store_asset(connection, asset)
            await connection.execute(
                'INSERT INTO quality_metric_current (asset_id, metric_type, value, "timestamp") '
                "VALUES (%s, %s, %s, %s)",
                (asset, metric, value, NOW),
            )

    async def history(
        self,
        asset: str,
        value: float,
        at: datetime,
        late: bool = False,
        source: str | None = None,
    ) -> None:
        event = MetricEvent(
            asset_id=asset, metric_type=MetricType.SCORE, value=value, timestamp=at, source=source
        )
        one = Measurement(event, uuid4(), at, late, at, b"{}", "quality.metrics", 0, 0)
        async with await psycopg.AsyncConnection.connect(self._url) as connection:
            await store(connection, [one])

    async def dimension(self, asset: str, name: str, score: float, weight: float) -> None:
        async with await psycopg.AsyncConnection.connect(self._url) as connection:
            await store_asset(connection, asset)
            await connection.execute(
                "INSERT INTO quality_dimension_scores "
                '(asset_id, dimension, score, weight, "timestamp") VALUES (%s, %s, %s, %s, %s)',
                (asset, name, score, weight, NOW),
            )


@pytest.fixture
def facts(edge: RunningEdge) -> Facts:
    return Facts(edge.settings.database_url.get_secret_value())


async def get(edge: RunningEdge, path: str) -> Any:
    async with edge.http() as http:
        answer = await http.get(path)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["success"] is True
        if isinstance(body["data"], list):
            assert body["count"] == len(body["data"])
        return body["data"]


async def test_current_values(edge: RunningEdge, facts: Facts) -> None:
    for asset, metric, value in (("b", "score", 80), ("a", "score", 90), ("a", "issues", 3)):
        await facts.current(asset, metric, value)
    found = await get(edge, "/metrics")
    assert [(m["assetId"], m["metricType"], m["value"]) for m in found] == [
        ("a", "issues", 3), ("a", "score", 90), ("b", "score", 80),
    ]  # fmt: skip
    assert found[0]["assetName"] == "a"
    assert datetime.fromisoformat(found[0]["timestamp"]) == NOW
    assert [m["value"] for m in await get(edge, "/metrics?metricType=score&assetId=b")] == [80]
    async with edge.http() as http:
        first = (await http.get("/metrics?limit=2")).json()
        rest = (await http.get(f"/metrics?limit=2&cursor={first['nextCursor']}")).json()
    assert first["data"] + rest["data"] == found
    assert rest["nextCursor"] is None


async def test_history_and_trends(edge: RunningEdge, facts: Facts) -> None:
    for hours, value in enumerate((90.0, 80.0, 70.0)):
        await facts.history("a", value, DAY.replace(hour=12) + timedelta(hours=hours), hours == 1)
    await facts.history("b", 50.0, DAY.replace(hour=12))
    await facts.history("b", 10.0, NOW - timedelta(days=40))
    found = await get(edge, "/metrics/history?assetId=a&metricType=score")
    assert [point["value"] for point in found] == [70, 80, 90]
    assert [point.get("late", False) for point in found] == [False, True, False]
    since = (DAY.replace(hour=13)).isoformat().replace("+", "%2B")
    assert len(await get(edge, f"/metrics/history?assetId=a&since={since}")) == 2
    async with edge.http() as http:
        page = (await http.get("/metrics/history?assetId=a&limit=2")).json()
        rest = await http.get(f"/metrics/history?assetId=a&limit=2&cursor={page['nextCursor']}")
        assert page["data"] + rest.json()["data"] == found
        # 90 days, today among them.
        midnight = NOW.replace(hour=0, minute=0, second=0)
        kept = datetime.fromisoformat(page["keptSince"])
        assert kept in {midnight - timedelta(days=days) for days in (89, 88)}  # midnight may pass
        assert (await http.get("/metrics/history")).status_code == 422
        for wrong in ("days=91", "bucket=0d", "bucket=1y", "until=2026-01-01T00:00:00Z",
                      "bucket=1h&since=2020-01-01T00:00:00Z", "percentiles=101"):  # fmt: skip
            assert (await http.get(f"/trends?{wrong}")).status_code == 422, wrong
    (day,) = await get(edge, "/trends?assetId=a")
    assert day["date"] == DAY.date().isoformat()
    assert (day["average"], day["minimum"], day["maximum"], day["count"]) == (80, 70, 90, 3)
    assert day["deviation"] == pytest.approx(10)
    (overall,) = await get(edge, "/trends?days=7")
    assert (overall["assetId"], overall["average"], overall["count"]) == (None, 72.5, 4)
    assert overall["deviation"] == pytest.approx(17.0783, abs=1e-4)
    assert [overall] == await get(edge, "/trends?days=7&assetId=*")
    (glob,) = await get(edge, "/trends?days=7&assetId=[ab]")
    assert glob == overall


async def test_trends_by_bucket_and_source(edge: RunningEdge, facts: Facts) -> None:
    noon = DAY.replace(hour=12, minute=0, second=0)
    for hours, value in enumerate((90.0, 80.0, 70.0, 60.0)):
        await facts.history("a", value, noon + timedelta(hours=hours, minutes=5), source="crm")
    await facts.history("b", 50.0, noon + timedelta(minutes=1), source="erp")
    since, until = (
        moment.isoformat().replace("+", "%2B") for moment in (noon, noon + timedelta(hours=3))
    )
    ranged = f"since={since}&until={until}"
    hours = await get(edge, f"/trends?{ranged}&bucket=1h&source=crm&percentiles=0,50,100")
    assert [(point["start"], point["average"]) for point in hours] == [
        ((noon + timedelta(hours=hour)).isoformat().replace("+00:00", "Z"), value)
        for hour, value in ((0, 90), (1, 80), (2, 70))
    ]
    for one in hours[0]["percentiles"]:
        assert one["value"] == pytest.approx(90, rel=0.005)
    (half,) = await get(edge, f"/trends?{ranged}&bucket=12h&percentiles=0,50,100")
    assert (half["first"], half["last"], half["count"]) == (50, 70, 4)
    assert [p["percent"] for p in half["percentiles"]] == [0, 50, 100]
    assert [p["value"] for p in half["percentiles"]] == [
        pytest.approx(value, rel=0.005) for value in (50, 70, 90)
    ]
    (week,) = await get(edge, "/trends?bucket=52w&days=90&source=crm")
    assert (week["source"], week["count"], week["minimum"]) == ("crm", 4, 60)
    assert datetime.fromisoformat(week["start"]).weekday() == 0
    assert await get(edge, "/trends?metricType=issues") == []


async def test_trends_by_week_and_month(edge: RunningEdge, facts: Facts) -> None:
    first = (NOW.replace(day=1, hour=0, minute=0, second=0) - timedelta(days=1)).replace(day=1)
    monday = first + timedelta(days=(7 - first.weekday()) % 7)
    minute = timedelta(minutes=1)
    for value, at in (
        (50.0, first - minute),
        (60.0, first),
        (70.0, monday - minute + timedelta(weeks=1)),
        (90.0, monday + timedelta(weeks=1)),
    ):
        await facts.history("a", value, at)
    since = f"since={(first - timedelta(days=1)).isoformat().replace('+', '%2B')}"

    async def trend(bucket: str) -> list[tuple[datetime, int, float, float]]:
        points = await get(edge, f"/trends?{since}&bucket={bucket}&assetId=a&percentiles=100")
        return [
            (
                datetime.fromisoformat(point["start"]), point["count"], point["average"],
                pytest.approx(point["percentiles"][0]["value"], rel=0.005),
            )
            for point in points
        ]  # fmt: skip

    before = (first - timedelta(days=1)).replace(day=1)
    assert await trend("1mo") == [(before, 1, 50, 50), (first, 3, pytest.approx(220 / 3), 90)]
    quarters = await trend("3mo")
    assert sum(count for _, count, *_ in quarters) == 4
    assert {(start.month % 3, start.day) for start, *_ in quarters} == {(1, 1)}
    weeks = await trend("1w")
    assert sum(count for _, count, *_ in weeks) == 4
    assert {start.weekday() for start, *_ in weeks} == {0}
    assert weeks[-2:] == [
        (monday, *weeks[-2][1:]), (monday + timedelta(weeks=1), 1, 90, 90)
    ]  # fmt: skip
    assert weeks[-2][3] == 70


async def test_dimensions_weigh(edge: RunningEdge, facts: Facts) -> None:
    await facts.dimension("a", "completeness", 90, 3)
    await facts.dimension("a", "accuracy", 50, 1)
    await facts.dimension("b", "accuracy", 70, 2)
    found = await get(edge, "/dimensions")
    assert [(one["assetId"], one["weightedScore"]) for one in found] == [("a", 80), ("b", 70)]
    assert [d["dimension"] for d in found[0]["dimensions"]] == ["accuracy", "completeness"]
    assert [one["assetId"] for one in await get(edge, "/dimensions?assetId=b")] == ["b"]
    async with edge.http() as http:
        page = (await http.get("/dimensions?limit=1")).json()
        rest = (await http.get(f"/dimensions?limit=1&cursor={page['nextCursor']}")).json()
    assert page["data"] + rest["data"] == found


async def test_thresholds_of_an_asset_are_told_whole(
    topics: Topics, make_edge: Callable[..., RunningEdge]
) -> None:
    edge = make_edge(
        threshold_overrides=[
            ThresholdOverride(
                pattern="crm.*",
                incidents=Incidents(slides=True),
                scoring=Scoring(weights={MetricType.VALIDITY: 2}),
                predicted_breach=Prediction(minimum=80),
                learned_limits=LearnedLimits(mode="alert"),
            )
        ]
    )
    edge.start()
    plain, own = [await get(edge, f"/thresholds?assetId={name}") for name in ("erp.a", "crm.a")]
    assert plain["scoreDrop"] == own["scoreDrop"] == {"critical": 20, "high": 10, "medium": 5}
    assert plain["incidents"] is plain["predictedBreach"] is plain["learnedLimits"] is None
    assert plain["scoring"] == {"weights": {}, "staleAfter": None, "derive": False}
    assert own["incidents"] == {
        "within": 86_400, "recoveredShare": 0.5, "recoveredEvents": 3, "slides": True,
    }  # fmt: skip
    assert own["scoring"]["weights"] == {"validity": 2}
    assert own["predictedBreach"] == {"minimum": 80, "withinDays": 7}
    assert own["learnedLimits"]["mode"] == "alert"


async def test_dimensions_that_are_stale_or_missing_are_told(
    topics: Topics, make_edge: Callable[..., RunningEdge], settings: Settings
) -> None:
    facts = Facts(settings.database_url.get_secret_value())
    scoring = Scoring(weights={MetricType.VALIDITY: 2, MetricType.ACCURACY: 4}, stale_after=60)
    edge = make_edge(thresholds=Thresholds(scoring=scoring))
    edge.start()
    async with await psycopg.AsyncConnection.connect(
        settings.database_url.get_secret_value()
    ) as connection:
        events = [
            MetricEvent(asset_id="a", metric_type=kind, value=value, timestamp=at)
            for kind, value, at in (
                (MetricType.VALIDITY, 90, NOW),
                (MetricType.COMPLETENESS, 60, NOW - timedelta(seconds=60)),
                (MetricType.UNIQUENESS, 0, NOW - timedelta(seconds=61)),
            )
        ]
        await store(
            connection,
            [
                Measurement(e, uuid4(), e.timestamp, False, NOW, b"{}", "quality.metrics", 0, 0)
                for e in events
            ],
            weigh=lambda _asset, kind: scoring.weight_of(MetricType(kind)),
        )
    (found,) = await get(edge, "/dimensions")
    assert found["weightedScore"] == 80
    assert found["missing"] == ["accuracy"]
    assert [(d["dimension"], d["weight"], d["stale"]) for d in found["dimensions"]] == [
        ("completeness", 1, False), ("uniqueness", 1, True), ("validity", 2, False),
    ]  # fmt: skip
    await facts.current("b", "score", 50)
    scores = await get(edge, "/scores")
    assert scores["overall"] == {
        "name": None, "assets": 2, "scored": 1, "score": 50, "lowest": 50, "lowestAsset": "b",
    }  # fmt: skip
    assert scores["sources"] == scores["owners"] == []


async def test_scores_by_source_and_owner(edge: RunningEdge, facts: Facts) -> None:
    for asset, value, source in (
        ("a", 90, "crm"),
        ("b", 70, "crm"),
        ("c", 60, "erp"),
        ("d", 1, None),
    ):
        await facts.history(asset, value, DAY, source=source)
    scores = await get(edge, "/scores")
    assert (scores["overall"]["score"], scores["overall"]["lowestAsset"]) == (55.25, "d")
    assert [(s["name"], s["score"], s["lowestAsset"]) for s in scores["sources"]] == [
        ("erp", 60, "c"), ("crm", 80, "b"),
    ]  # fmt: skip
    async with edge.http() as http:
        for pattern, owner in (("[abc]", "ann"), ("b", "bob"), ("*", "cem")):
            body = {"assetPattern": pattern, "owner": owner}
            assert (await http.post("/owners", json=body)).status_code == 201
    # The longest pattern that matches says whose an asset is.
    owners = (await get(edge, "/scores"))["owners"]
    assert [(o["name"], o["assets"], o["score"]) for o in owners] == [
        ("cem", 1, 1), ("ann", 3, 73.33),
    ]  # fmt: skip


async def test_assets_and_stats(edge: RunningEdge, facts: Facts, stream: Stream) -> None:
    await facts.current("warehouse.orders", "score", 91.5)
    await facts.current("warehouse.orders", "issues", 4)
    await facts.current("crm.users", "score", 70)
    await stream.store(
        an_alert("crm.users", severity=Severity.CRITICAL),
        an_alert("crm.users"),
        an_alert("crm.users", status=AlertStatus.RESOLVED),
    )
    users, orders = await get(edge, "/assets")
    assert (users["assetId"], users["score"], users["activeAlerts"]) == ("crm.users", 70, 2)
    assert users["worstSeverity"] == "critical"
    assert (orders["score"], orders["issues"], orders["activeAlerts"]) == (91.5, 4, 0)
    assert "worstSeverity" not in orders
    assert [a["assetId"] for a in await get(edge, "/assets?query=ORD")] == ["warehouse.orders"]
    assert await get(edge, "/assets?query=%25") == []
    assert [a["assetId"] for a in await get(edge, "/assets?assetId=crm.*")] == ["crm.users"]
    assert await get(edge, "/assets/crm.users") == users
    assert await get(edge, "/assets/crm%2Eusers") == users
    stats = await get(edge, "/stats")
    assert (stats["totalAssets"], stats["avgQualityScore"], stats["openIssues"]) == (2, 80.75, 4)
    assert stats["alertsBySeverity"] == {"critical": 1, "high": 1, "medium": 0, "low": 0}
    assert stats["recentlyMonitored"] == 2
    async with edge.http() as http:
        assert (await http.get("/assets/nothing")).status_code == 404


async def test_etag_gzip_head_and_headers(edge: RunningEdge, stream: Stream) -> None:
    await stream.store(*(an_alert(f"a{n}") for n in range(20)))
    async with edge.http() as http:
        first = await http.get("/alerts")
        assert first.headers["content-encoding"] == "gzip"
        tag = first.headers["etag"]
        same = await http.get("/alerts", headers={"if-none-match": f'"x", {tag}'})
        assert (same.status_code, same.content) == (304, b"")
        await stream.store(an_alert("new"))
        other = await http.get("/alerts", headers={"if-none-match": tag})
        assert other.status_code == 200
        assert other.headers["etag"] != tag
        plain = await http.get("/alerts", headers={"accept-encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.json() == other.json()
        head = await http.head("/alerts")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["x-content-type-options"] == "nosniff"


async def test_system_and_metrics(edge: RunningEdge) -> None:
    system = await get(edge, "/system")
    assert system["ready"] is False
    for group in ("worker", "sink", "notifier"):
        assert (system[group]["members"], system[group]["lag"]) == (0, 0)
    assert (system["deadLetters"], system["outbox"]) == (0, 0)
    async with httpx.AsyncClient(base_url=edge.url) as http:
        text = (await http.get("/metrics")).text
    assert 'route="/api/quality/realtime/system"' in text
    for name in ("tidemark_ws_connections", "tidemark_edge_lag_records", "process_cpu_seconds"):
        assert name in text


async def test_documents_and_a_missing_dashboard(
    make_edge: Callable[..., RunningEdge], topics: Topics, tmp_path: Path
) -> None:
    edge = make_edge(dashboard_dir=str(tmp_path / "dist"))
    edge.start()
    async with httpx.AsyncClient(base_url=edge.url) as http:
        assert (await http.get("/api/openapi.json")).json()["openapi"] == "3.1.0"
        assert (await http.get("/api/asyncapi.json")).json()["asyncapi"] == "3.0.0"
        assert "/api/quality/realtime/alerts" in (await http.get("/api/docs")).text
        assert "npm run build" in (await http.get("/")).text
        (tmp_path / "dist" / "static").mkdir(parents=True)
        (tmp_path / "dist" / "index.html").write_text("<title>built</title>")
        (tmp_path / "dist" / "static" / "app-1.js").write_text("run()")
        (tmp_path / "secret").write_text("x")
        for path in ("/", "/alerts", "/assets/warehouse.orders"):
            page = await http.get(path)
            assert "built" in page.text, path
            assert page.headers["cache-control"] == "no-cache"
        script = await http.get("/static/app-1.js")
        assert (script.text, "immutable" in script.headers["cache-control"]) == ("run()", True)
        for path in ("/static/gone-2.js", "/api/nothing"):
            assert (await http.get(path)).status_code == 404
        for path in ("/../secret", "/%2e%2e/secret", "/static/..%2f..%2fsecret"):
            assert (await http.get(path)).text != "x"
        assert (await http.post("/")).status_code == 404
