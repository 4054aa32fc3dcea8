"""Exports over REST and from the command line."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from api.exports import datasets
from pipeline.settings import Settings
from pipeline.topics import Topics
from schemas.metrics import MetricEvent, MetricType
from sinks.history import Measurement, store
from tests.conftest import environment
from tests.integration.api.conftest import NOW, RunningEdge, Stream, an_alert

EVENTS = 2500


@pytest.fixture
async def filled(settings: Settings) -> list[Measurement]:
    """Events of three days: more than a chunk of one asset, some of others."""
    found = []
    for number in range(EVENTS):
        asset = "crm.users" if number % 5 else f"erp.t{number % 3}"
        at = NOW - timedelta(seconds=number * 60)
        event = MetricEvent(
            asset_id=asset, metric_type=MetricType.SCORE, value=float(number % 100), timestamp=at
        )
        found.append(Measurement(event, uuid4(), at, False, NOW, b"{}", "quality.metrics", 0, 0))
    url = settings.database_url.get_secret_value()
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await store(connection, found)
    return found


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


async def test_rest_streams_all_there_is(
    edge: RunningEdge, filled: list[Measurement], stream: Stream
) -> None:
    await stream.store(an_alert("crm.users", message='=HYPERLINK("http://evil")'))
    async with edge.http() as http:
        answer = await http.get("/export/history")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert 'filename="tidemark-history.csv"' in answer.headers["content-disposition"]
        rows = rows_of(answer.text)
        assert sorted(row["eventId"] for row in rows) == sorted(str(m.event_id) for m in filled)
        order = [(row["timestamp"][:10], row["assetId"], row["timestamp"]) for row in rows]
        assert order == sorted(order)
        since = (NOW - timedelta(minutes=10)).isoformat().replace("+", "%2B")
        lines = await http.get(f"/export/history?format=jsonl&assetId=crm.*&since={since}")
        found = [json.loads(line) for line in lines.text.splitlines()]
        assert len(found) == 8
        assert {line["assetId"] for line in found} == {"crm.users"}
        (alert,) = rows_of((await http.get("/export/alerts")).text)
        assert alert["message"] == '\'=HYPERLINK("http://evil")'
        days = rows_of((await http.get("/export/trends")).text)
        assert sum(int(day["count"]) for day in days) == EVENTS
        # However far it reaches, days that nothing is of are not looked through.
        reach = {"since": "1970-01-01T00:00:00Z", "until": "8999-12-31T00:00:00Z"}
        far = await http.get("/export/history", params=reach)
        assert len(rows_of(far.text)) == EVENTS
        assert (await http.head("/export/history")).text == ""
        for path, status in (
            ("/export/nothing", 404),
            ("/export/alerts?metricType=score", 422),
            ("/export/history?format=parquet", 422),
        ):
            assert (await http.get(path)).status_code == status, path


async def test_a_token_exports_what_it_may_see(
    topics: Topics,
    make_edge: Callable[..., RunningEdge],
    filled: list[Measurement],
    settings: Settings,
) -> None:
    from api.auth.keystore import create_key
    from schemas.rest import Role

    url = settings.database_url.get_secret_value()
    async with await psycopg.AsyncConnection.connect(url) as connection:
        _, token = await create_key(connection, "erp", Role.VIEWER, ["erp.*"], "test", None)
    edge = make_edge(authentication="on")
    edge.start()
    async with edge.http(token) as http:
        rows = rows_of((await http.get("/export/history")).text)
        assert {row["assetId"] for row in rows} == {"erp.t0", "erp.t1", "erp.t2"}
        assert rows_of((await http.get("/export/history?assetId=crm.users")).text) == []
    async with edge.http() as http:
        assert (await http.get("/export/history")).status_code == 401


def tidemark(settings: Settings, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "export", *arguments],
        env=os.environ | environment(settings), capture_output=True, text=True, check=False,
    )  # fmt: skip


async def test_the_command_writes_files(
    settings: Settings, filled: list[Measurement], tmp_path: Path
) -> None:
    output = tmp_path / "history.jsonl"
    done = tidemark(settings, "history", "-f", "jsonl", "-o", str(output), "--asset", "crm.*")
    assert done.returncode == 0, done.stderr
    assert done.stderr == f"{EVENTS * 4 // 5:,} rows in {output}\n"
    assert len(output.read_text().splitlines()) == EVENTS * 4 // 5
    assert "exists; --fresh" in tidemark(settings, "history", "-o", str(output)).stderr
    shown = tidemark(settings, "trends", "-o", "-", "--since", "2d")
    assert len(rows_of(shown.stdout)) >= 4
    folder = tmp_path / "parquet"
    assert tidemark(settings, "history", "-f", "parquet", "-o", str(folder)).returncode == 0
    assert [path.name for path in folder.iterdir()] == ["part-00000.parquet"]


async def test_any_row_is_a_place_to_go_on_from(
    settings: Settings, filled: list[Measurement], monkeypatch: pytest.MonkeyPatch
) -> None:
    from api.auth.scope import EVERYTHING

    monkeypatch.setattr(datasets, "CHUNK_ROWS", 301)
    url = settings.database_url.get_secret_value()
    async with await psycopg.AsyncConnection.connect(url, options="-c timezone=UTC") as connection:

        async def read(after: datasets.Place | None) -> list[datasets.Chunk]:
            found = datasets.chunks(
                connection, datasets.HISTORY, EVERYTHING, datasets.Wanted(), after
            )
            return [chunk async for chunk in found]

        whole = await read(None)
        rows = [row for chunk in whole for row in chunk.rows]
        assert len(rows) == EVENTS
        seen = 0
        for chunk in whole[:-1]:
            seen += len(chunk.rows)
            again = [row for other in await read(chunk.place) for row in other.rows]
            assert again == rows[seen:]
