"""Settings: nonsense is refused by its name, and an asset gets the thresholds meant for it."""

import json
import os
import subprocess
import sys

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from cli.main import app
from pipeline.settings import (
    Settings,
    SettingsError,
    is_fernet_key,
    load_settings,
    misspelt,
    thresholds_by_asset,
)
from pipeline.thresholds import Steps, ThresholdLookup, ThresholdOverride, Thresholds
from tests.conftest import ROOT

STEPS = {"critical": 30, "high": 20, "medium": 10}


def test_without_an_environment_all_make_sense() -> None:
    settings = load_settings()
    assert settings.kafka_brokers == "127.0.0.1:9092"
    assert settings.authentication == "off"
    assert settings.http_host == settings.metrics_host == "127.0.0.1"
    assert settings.kafka_password is None


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEMARK_TOPIC_PARTITIONS", "12")
    monkeypatch.setenv("TIDEMARK_ALLOWED_HOSTS", '["quality.example.org"]')
    monkeypatch.setenv("TIDEMARK_THRESHOLDS", json.dumps({"score_drop": STEPS}))
    monkeypatch.setenv("TIDEMARK_KAFKA_USERNAME", "")
    monkeypatch.setenv("TIDEMARK_UNKNOWN", "tolerated")
    settings = load_settings()
    assert settings.topic_partitions == 12
    assert settings.allowed_hosts == ("quality.example.org",)
    assert settings.thresholds.score_drop == Steps(critical=30, high=20, medium=10)
    assert settings.thresholds.new_issues == Thresholds().new_issues
    assert settings.kafka_username is None, "empty is as good as not given"


def test_settings_can_not_be_changed() -> None:
    settings = Settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.topic_prefix = "other"
    with pytest.raises(ValidationError, match="frozen"):
        settings.thresholds.minimum_change = 2


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TOPIC_PARTITIONS", "0", "TIDEMARK_TOPIC_PARTITIONS: "),
        ("TOPIC_PARTITIONS", "four", "TIDEMARK_TOPIC_PARTITIONS: "),
        ("TOPIC_PREFIX", "a b", "TIDEMARK_TOPIC_PREFIX: "),
        ("KAFKA_SECURITY_PROTOCOL", "TLS", "TIDEMARK_KAFKA_SECURITY_PROTOCOL: "),
        ("STALE_SCAN_SECONDS", "0", "TIDEMARK_STALE_SCAN_SECONDS: "),
        ("HTTP_PORT", "65536", "TIDEMARK_HTTP_PORT: "),
        ("LOG_LEVEL", "loud", "TIDEMARK_LOG_LEVEL: "),
        ("MAX_EVENT_BYTES", "1000001", "TIDEMARK_MAX_EVENT_BYTES: "),
        ("ALLOWED_HOSTS", "quality.example.org", "TIDEMARK_ALLOWED_HOSTS: must be JSON"),
        ("THRESHOLDS", "{", "TIDEMARK_THRESHOLDS: must be JSON"),
        ("THRESHOLDS", '{"score": 1}', "TIDEMARK_THRESHOLDS.score: "),
        ("THRESHOLDS", '{"minimum_change": -1}', "TIDEMARK_THRESHOLDS.minimum_change: "),
        (
            "THRESHOLDS",
            json.dumps({"score_drop": STEPS | {"high": 30}}),
            "TIDEMARK_THRESHOLDS.score_drop: must fall from critical to medium, got 30, 30, 10",
        ),
        ("THRESHOLD_OVERRIDES", '[{"pattern": ""}]', "TIDEMARK_THRESHOLD_OVERRIDES.0.pattern: "),
        (
            "THRESHOLD_OVERRIDES",
            '[{"pattern": "a", "score_dorp": null}]',
            "TIDEMARK_THRESHOLD_OVERRIDES.0.score_dorp: ",
        ),
        ("HISTORY_DAYS", "91", "TIDEMARK_HISTORY_DAYS: must be at most TIDEMARK_RETENTION_DAYS"),
        ("SECRET_KEY", "short", "TIDEMARK_SECRET_KEY: must be Fernet keys"),
    ],
)
def test_nonsense_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"TIDEMARK_{name}", value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_every_nonsense_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEMARK_HTTP_PORT", "x")
    monkeypatch.setenv("TIDEMARK_RETENTION_DAYS", "-1")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    names = [line.split(":")[0] for line in str(caught.value).splitlines()]
    assert names == ["TIDEMARK_RETENTION_DAYS", "TIDEMARK_HTTP_PORT"]


def test_a_refused_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEMARK_SECRET_KEY", "hunter2")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


def test_the_command_lists_every_setting_and_no_secret() -> None:
    secrets = {
        "TIDEMARK_KAFKA_PASSWORD": "hunter2",
        "TIDEMARK_DATABASE_URL": "postgresql://a:hunter2@b/c",
    }
    listed = CliRunner().invoke(app, ["settings"], env=secrets | {"TIDEMARK_HTTP_PORT": "3456"})
    assert listed.exit_code == 0
    for name in Settings.model_fields:
        assert f"TIDEMARK_{name.upper()}" in listed.stdout
    assert "3456" in listed.stdout
    assert "hunter2" not in listed.stdout


def test_nonsense_ends_a_command_with_one_line() -> None:
    for process in ("worker", "sink", "edge", "migrate"):
        done = subprocess.run(
            [sys.executable, "-m", "cli.main", process],
            cwd=ROOT,
            env=os.environ | {"TIDEMARK_TOPIC_PARTITIONS": "none"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr.count("\n")) == (78, 1), process
        assert done.stderr.startswith("tidemark: TIDEMARK_TOPIC_PARTITIONS: ")


# Thresholds -------------------------------------------------------------------


def lookup(*overrides: dict[str, object], **default: object) -> ThresholdLookup:
    settings = Settings(
        thresholds=Thresholds.model_validate(default),
        threshold_overrides=tuple(ThresholdOverride.model_validate(one) for one in overrides),
    )
    return thresholds_by_asset(settings)


def test_the_first_pattern_that_matches_counts() -> None:
    of = lookup(
        {"pattern": "lake.orders", "minimum_change": 3},
        {"pattern": "lake.*", "minimum_change": 2},
        {"pattern": "*", "minimum_change": 9, "stale_after": 60},
    )
    assert of("lake.orders").minimum_change == 3
    assert of("lake.users").minimum_change == 2
    assert of("Lake.users").minimum_change == 9
    assert of("lake.orders").stale_after is None


def test_what_an_override_does_not_name_is_inherited() -> None:
    of = lookup({"pattern": "a", "score_drop": STEPS}, minimum_change=4, stale_after=60)
    assert of("a").score_drop.critical == 30
    assert (of("a").minimum_change, of("a").stale_after) == (4, 60)
    assert of("b") == Thresholds(minimum_change=4, stale_after=60)


def test_null_takes_back_what_may_be_absent() -> None:
    of = lookup(
        {"pattern": "a", "stale_after": None, "dimension_drop": None},
        {"pattern": "b", "minimum_change": None},
        stale_after=60,
        dimension_drop=STEPS,
    )
    assert of("a").stale_after is None
    assert of("a").dimension_drop is None
    assert of("b").minimum_change == Thresholds().minimum_change


def test_without_overrides_all_have_the_same() -> None:
    of = lookup()
    assert of("a") is of("b")


def test_groups_are_named_after_the_prefix() -> None:
    settings = Settings(topic_prefix="lake")
    assert settings.worker_group == "tidemark-lake"
    assert len({settings.worker_group, settings.sink_group, settings.notify_group}) == 3


def test_fernet_keys() -> None:
    assert is_fernet_key("A" * 43 + "=")
    assert not is_fernet_key("A" * 42)
    assert not is_fernet_key("ä" * 44)


def test_a_mistyped_variable_is_told_and_others_are_left_alone() -> None:
    others = ["TIDEMARK_URL", "TIDEMARK_TOKEN", "TIDEMARK_BROKERS", "TIDEMARK_SQL_CONNECTION"]
    others += ["TIDEMARK_EDGE", "TIDEMARK_EDGE_PORT", "TIDEMARK_EDGE_SERVICE_HOST", "TIDEMARK_PORT"]
    settings = [f"TIDEMARK_{name.upper()}" for name in Settings.model_fields]
    assert (
        list(misspelt(["PATH", "TOPIC_PREFX", "tidemark_topic_prefix", *others, *settings])) == []
    )
    assert list(misspelt(["TIDEMARK_TOPIC_PREFX", "TIDEMARK_KAFKA_BROKER"])) == [
        ("TIDEMARK_TOPIC_PREFX", "TIDEMARK_TOPIC_PREFIX"),
        ("TIDEMARK_KAFKA_BROKER", "TIDEMARK_KAFKA_BROKERS"),
    ]
