"""`tidemark keys`: a key is shown once, listed without its secret, and ends when it should."""

import os
import subprocess
import sys

import psycopg

from api.auth.keys import hash_of, parts_of
from pipeline.faults import ExitCode
from pipeline.settings import Settings
from tests.conftest import ROOT, SettingsFactory, environment


def keys(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "keys", *arguments],
        cwd=ROOT, env=os.environ | environment(settings),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_key_is_shown_once_and_kept_as_a_hash(make_settings: SettingsFactory) -> None:
    settings = make_settings(kafka_brokers="unused:9092")
    made = keys(settings, "create", "nightly", "--role", "ingester", "--asset", "sales.*")
    assert (made.returncode, "not shown again" in made.stderr) == (0, True)
    text = made.stdout.strip()
    parts = parts_of(text)
    assert parts is not None
    key_id, secret = parts
    with psycopg.connect(settings.database_url.get_secret_value()) as connection:
        row = connection.execute("SELECT api_keys::text, hash FROM api_keys").fetchone()
    assert row is not None
    assert row[1] == hash_of(secret)
    assert secret not in row[0]
    listed = keys(settings, "list").stdout
    for shown in (key_id, "nightly", "ingester", "sales.*", "valid"):
        assert shown in listed
    assert secret not in listed
    again = keys(settings, "create", "nightly")
    assert (again.returncode, "revoke it first" in again.stderr) == (1, True)
    assert keys(settings, "revoke", "nightly").returncode == 0
    assert "revoked" in keys(settings, "list").stdout
    gone = keys(settings, "revoke", "nightly")
    assert (gone.returncode, gone.stderr) == (1, "tidemark: there is no valid key 'nightly'\n")
    assert keys(settings, "create", "nightly").returncode == 0


def test_what_is_missing_is_said(make_settings: SettingsFactory, empty_database_url: str) -> None:
    for url, said, code in (
        (empty_database_url, "run `tidemark migrate`", ExitCode.MISFIT),
        (
            "postgresql://x@127.0.0.1:9/x",
            "tidemark: PostgreSQL does not answer",
            ExitCode.UNAVAILABLE,
        ),
    ):
        settings = make_settings(kafka_brokers="unused:9092", database_url=url)
        failed = keys(settings, "list")
        assert failed.returncode == code
        assert said in failed.stderr
        assert "Traceback" not in failed.stderr
