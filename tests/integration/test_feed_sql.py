"""SQL checks against a real PostgreSQL, and the command."""

from pathlib import Path

import psycopg
import pytest

from feeds.sql.contract import load_contract
from feeds.sql.database import QueryFailed, Unreachable, connect
from feeds.sql.poller import Poller
from tests.unit.feeds.documents import values
from tests.unit.feeds.sql_cases import CHECKS, METRICS, PASSED, SETUP, VALUES


@pytest.fixture
def orders(empty_database_url: str) -> str:
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        for statement in SETUP:
            connection.execute(statement.encode())
    return empty_database_url


def test_every_metric_as_in_duckdb(orders: str, tmp_path: Path) -> None:
    checks = tmp_path / "checks.yaml"
    checks.write_text(CHECKS)
    done = Poller(load_contract(checks, orders)).once()
    found = {result.check.name: result for result in done.results}
    assert {name: found[name].value for name in VALUES} == VALUES
    passed = {name for name, r in found.items() if r.finding.verdict.value == "passed"}
    assert passed == PASSED
    assert "no_such_column" in str(found["broken"])
    assert values(done.parsed) == METRICS


def test_checks_can_change_nothing_and_have_their_time(orders: str) -> None:
    with connect(orders, 0.2) as database:
        with pytest.raises(QueryFailed, match="read-only"):
            database.first_row("DELETE FROM orders RETURNING 1")
        with pytest.raises(QueryFailed, match="statement timeout"):
            database.first_row("SELECT pg_sleep(5)")
        assert database.first_row('SELECT 1 AS "100%"') == (1,)


def test_nobody_listening() -> None:
    with pytest.raises(Unreachable), connect("postgresql://x@127.0.0.1:1/x", 1):
        pass
