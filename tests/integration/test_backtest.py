"""`tidemark backtest` on a real history."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from pipeline.settings import Settings
from schemas.metrics import MetricEvent, MetricType
from sinks.history import Measurement, store
from tests.conftest import SettingsFactory, environment


@pytest.fixture
async def settings(make_settings: SettingsFactory, database_url: str) -> Settings:
    found, now = [], datetime.now(UTC)
    for asset, values in {"a": (95, 91, 87, 80, 60), "b": (90, 84, 90)}.items():
        for hours, value in enumerate(values):
            at = now - timedelta(hours=10 - hours)
            event = MetricEvent(
                asset_id=asset, metric_type=MetricType.SCORE, value=float(value), timestamp=at
            )
            late = (asset, hours) == ("b", 1)
            found.append(Measurement(event, uuid4(), at, late, at, b"{}", "quality.metrics", 0, 0))
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        await store(connection, found)
    return make_settings(kafka_brokers="127.0.0.1:1", database_url=database_url)


def backtest(settings: Settings, rules: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    given = ["--rules", str(rules), "--from", "570m", *more]
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "backtest", *given],
        env=os.environ | environment(settings), capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_it_says_what_would_be_raised_dropped_and_changed(
    settings: Settings, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("thresholds: {score_drop: {critical: 30, high: 15, medium: 4}}")
    done = backtest(settings, rules, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["events"] == 5  # since 9.5 h, and b's late one was never judged
    assert report["before"] == {"score_drop medium": 1, "score_drop critical": 1}
    assert report["after"] == {"score_drop medium": 3, "score_drop high": 1}
    assert [one["message"] for one in report["raised"]] == [
        "a: score fell by 4 points, 95 -> 91", "a: score fell by 4 points, 91 -> 87",
    ]  # fmt: skip
    assert report["dropped"] == []
    ((changed),) = report["changed"]
    assert (changed["before"]["severity"], changed["after"]["severity"]) == ("critical", "high")
    shown = backtest(settings, rules).stdout
    assert "critical -> high" in shown
    assert "2 raised" in shown


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("thresholds: [", "is not YAML"),
        ("threshold: {}", "threshold: Extra inputs"),
        ("thresholds: {score_drop: {critical: 1, high: 2, medium: 3}}", "must fall"),
        ("- a", "valid dictionary"),
    ],
)
def test_a_file_that_holds_no_rules_is_refused(
    settings: Settings, tmp_path: Path, text: str, complaint: str
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(text)
    done = backtest(settings, rules)
    assert done.returncode == 1
    assert complaint in done.stderr
