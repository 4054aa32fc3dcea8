"""`tidemark forecast` over a real database, and what REST tells of it."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import psycopg

from pipeline.settings import Settings
from pipeline.thresholds import Prediction, Thresholds
from pipeline.topics import Topics
from schemas.alerts import Alert
from sinks.alerts import store
from tests.conftest import SettingsFactory, environment
from tests.integration.api.conftest import RunningEdge, store_asset

from .test_rest import get

TODAY = datetime.now(UTC).date()
WEEK = (0, 1, 1, 0, -1, -5, -6)


async def fill(url: str, asset: str, values: list[float]) -> None:
    """Write daily figures that end yesterday."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await store_asset(connection, asset)
        await connection.execute(
            "INSERT INTO quality_metric_current (asset_id, metric_type, value, timestamp) "
            "VALUES (%s, 'score', %s, now())",
            (asset, values[-1]),
        )
        async with connection.cursor() as cursor:
            await cursor.executemany(
                "INSERT INTO quality_metric_daily VALUES "
                "(%s, 'score', %s, 1, %s, 0, %s, %s, %s, now(), %s, now(), '{1,1}')",
                [
                    (asset, TODAY - timedelta(days=len(values) - number), *[value] * 5)
                    for number, value in enumerate(values)
                ],
            )


def run(settings: Settings) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "forecast", "--workers", "1"],
        env=os.environ | environment(settings), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_forecasts_from_the_job_to_rest(
    topics: Topics, make_edge: Callable[..., RunningEdge], make_settings: SettingsFactory
) -> None:
    rules = Prediction(minimum=80, within_days=14)
    settings = make_settings(thresholds=Thresholds(predicted_breach=rules))
    url = settings.database_url.get_secret_value()
    wobble = [((n * 37) % 11 - 5) / 10 for n in range(90)]
    await fill(url, "steady", [94 + WEEK[n % 7] / 3 + wobble[n] for n in range(90)])
    await fill(url, "falling", [98 - n * 0.2 + wobble[n] for n in range(86)])
    await fill(url, "young", [90.0] * 10)
    told = run(settings)
    assert told.startswith("3 series: 2 shown, 1 too_short")
    assert "1 steps of alerts" in told
    edge = make_edge(thresholds=settings.thresholds)
    edge.start()
    found = await get(edge, "/forecast?assetId=falling")
    assert len(found["points"]) == 14
    assert found["points"][0]["date"] == TODAY.isoformat()
    assert found["lastDate"] == (TODAY - timedelta(days=1)).isoformat()
    assert found["mase"] < found["naiveMase"]
    assert found["breach"]["below"] == 80
    assert found["breach"]["message"].startswith("falls below 80 in about ")
    assert (await get(edge, "/forecast?assetId=steady"))["breach"] is None
    tight = await get(edge, "/forecast?assetId=steady&below=99")
    assert tight["breach"]["days"] == 1
    young = await get(edge, "/forecast?assetId=young")
    assert (young["refusal"], young["points"]) == ("too_short", [])
    async with edge.http() as http:
        assert (await http.get("/forecast?assetId=unknown")).status_code == 404
        assert (await http.get("/forecast?assetId=young&metricType=issues")).status_code == 404
        assert (await http.get("/forecast?assetId=young&metricType=validity")).status_code == 422


async def test_a_predicted_breach_is_told_once_and_ends(
    topics: Topics, make_settings: SettingsFactory
) -> None:
    rules = Prediction(minimum=80, within_days=14)
    settings = make_settings(thresholds=Thresholds(predicted_breach=rules))
    url = settings.database_url.get_secret_value()
    wobble = [((n * 37) % 11 - 5) / 10 for n in range(90)]
    await fill(url, "falling", [98 - n * 0.2 + wobble[n] for n in range(86)])
    run(settings)
    run(settings)
    async with await psycopg.AsyncConnection.connect(url) as connection:
        rows = await (
            await connection.execute("SELECT payload::text FROM alert_outbox ORDER BY id")
        ).fetchall()
        (raised,) = [msgspec.json.decode(text, type=Alert) for (text,) in rows]
        assert raised.metadata.rule == "predicted_breach"
        await store(connection, [raised])  # as the sink does with what the relay brings
        await connection.execute("UPDATE quality_metric_daily SET mean = mean + 15")
        await connection.commit()
        run(settings)
        rows = await (
            await connection.execute("SELECT payload::text FROM alert_outbox ORDER BY id")
        ).fetchall()
        ended = msgspec.json.decode(rows[-1][0], type=Alert)
        assert (ended.id, ended.status, len(rows)) == (raised.id, "resolved", 2)
        await store(connection, [ended])
        cursor = await connection.execute("SELECT status FROM quality_alerts_realtime")
        assert await cursor.fetchall() == [("resolved",)]
