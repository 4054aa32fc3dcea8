"""What PostgreSQL's errors mean, how a connection is asked for, and what keeps locks apart."""

from types import SimpleNamespace

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import PoolTimeout

from api.bulkheads import Bulkheads
from pipeline.faults import ExitCode
from pipeline.postgres.session import beginning, conninfo
from pipeline.postgres.trouble import BUSY, LOCKED, READ_ONLY, PostgresUnavailable, explain
from pipeline.settings import SettingsError
from sinks.database import REFUSALS


@pytest.mark.parametrize(
    ("said", "reason", "misconfigured"),
    [
        ('FATAL:  password authentication failed for user "tidemark"', "password", True),
        ("fe_sendauth: no password supplied", "password", True),
        ('FATAL:  database "other" does not exist', "database", True),
        ('FATAL:  role "nobody" does not exist', "role", True),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "a"', "role", True),
        ("server does not support SSL, but SSL was required", "TLS", True),
        ('root certificate file "/none.crt" does not exist', "TLS", True),
        ("SSL error: certificate verify failed", "TLS", True),
        ('could not translate host name "db" to address: Name or service not known', "name", False),
        ("FATAL:  sorry, too many clients already", "too many clients", False),
        ("FATAL:  remaining connection slots are reserved", "too many clients", False),
        ("FATAL:  the database system is starting up", "starting", False),
        ("session is read-only", "read-only", False),
        ("connection refused", "does not answer", False),
        ("server closed the connection unexpectedly", "does not answer", False),
        ("FATAL:  das Datenbanksystem startet", "does not answer", False),
    ],
)
def test_a_failed_connection_says_why(said: str, reason: str, misconfigured: bool) -> None:
    found = explain(psycopg.OperationalError(said))
    assert found is not None
    assert reason in found.reason
    assert (found.code is not ExitCode.UNAVAILABLE) is misconfigured
    assert " ".join(said.split()) in str(found)


def test_every_refusal_of_a_row_is_told_from_trouble_with_the_server() -> None:
    """The two sets exclude each other, whatever SQLSTATE PostgreSQL may send."""
    classes = {
        kind
        for kind in vars(psycopg.errors).values()
        if isinstance(kind, type) and issubclass(kind, psycopg.Error) and kind.sqlstate
    }
    assert len(classes) > 200
    for kind in classes:
        found = explain(kind("said"))
        assert found is None or not issubclass(kind, REFUSALS), kind
        if kind.sqlstate[:2] in {"08", "40", "53", "57", "58"}:
            assert found is not None, kind
    assert explain(psycopg.errors.SyntaxError("said")) is None
    assert explain(ValueError("said")) is None
    assert explain(PoolTimeout()).meaning is BUSY  # type: ignore[union-attr]
    assert explain(psycopg.errors.DeadlockDetected("said")).brief  # type: ignore[union-attr]


def test_the_address_says_what_it_likes_and_the_rest_is_ours() -> None:
    plain = conninfo_to_dict(conninfo("postgresql://tidemark@db/tidemark", "sink"))
    assert plain["application_name"] == "sink"
    assert "options" not in plain
    assert "target_session_attrs" not in plain
    several = conninfo_to_dict(conninfo("postgresql://tidemark@a,b:5433/tidemark", "sink"))
    assert several["target_session_attrs"] == "read-write"
    own = conninfo_to_dict(
        conninfo("postgresql://a,b/t?connect_timeout=60&target_session_attrs=any", "x")
    )
    assert (own["connect_timeout"], own["target_session_attrs"]) == ("60", "any")


@pytest.mark.parametrize("url", ["http://db/tidemark", "postgresql://db/t?passwort=geheim", "db"])
def test_an_address_that_is_none_is_named_without_its_secrets(url: str) -> None:
    with pytest.raises(SettingsError, match="TIDEMARK_DATABASE_URL") as told:
        conninfo(url, "sink")
    assert "geheim" not in str(told.value)


def test_nothing_outlives_a_transaction() -> None:
    statements = beginning(lock_timeout=1000).split("; ")
    assert statements[0] == "BEGIN"
    assert statements[-1] == "SHOW transaction_read_only"
    assert all(one.startswith("SET LOCAL ") for one in statements[1:-1])


async def test_one_of_a_kind_tries_while_the_others_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr("api.bulkheads.monotonic", lambda: clock.now)
    bulkheads = Bulkheads(2, 0.05)

    async def ask(kind: str, fate: PostgresUnavailable | None = None) -> None:
        async with bulkheads.guard(kind):
            if fate:
                raise fate

    async def refused(reason: str) -> None:
        with pytest.raises(PostgresUnavailable, match=reason):
            await ask("alerts")

    with pytest.raises(PostgresUnavailable):
        await ask("alerts", PostgresUnavailable(READ_ONLY, "said"))
    async with bulkheads.guard("alerts"), bulkheads.guard("alerts"):
        await refused("to spare")
        await ask("assets")
    with pytest.raises(PostgresUnavailable):
        await ask("alerts", PostgresUnavailable(LOCKED, "said"))
    for _ in range(3):
        await refused("lock")
    await ask("assets")
    clock.now += 1.5
    async with bulkheads.guard("alerts"):
        await refused("lock")
    await ask("alerts")
