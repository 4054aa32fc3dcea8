"""SQL checks against DuckDB."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import duckdb
import pytest

from feeds.sql.contract import Contract, load_contract
from feeds.sql.database import Unreachable
from feeds.sql.poller import Poller, Round, next_run
from tests.unit.feeds.documents import values
from tests.unit.feeds.sql_cases import CHECKS, METRICS, PASSED, SETUP, VALUES


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    database = tmp_path / "orders.db"
    with duckdb.connect(str(database)) as connection:
        for statement in SETUP:
            connection.execute(statement)
    checks = tmp_path / "checks.yaml"
    checks.write_text(CHECKS)
    return load_contract(checks, f"duckdb:///{database}")


def test_every_metric(contract: Contract) -> None:
    done = Poller(contract).once()
    found = {result.check.name: result for result in done.results}
    assert {name: found[name].value for name in VALUES} == VALUES
    assert {name for name, result in found.items() if result.finding.verdict.value == "passed"} == (
        PASSED
    )
    assert found["freshness of loaded_at"].value == pytest.approx(2, abs=0.05)
    assert found["fresher"].value == pytest.approx(120, abs=3)
    assert found["freshness"].value is None
    assert "no_such_column" in str(found["broken"])
    assert str(found["key"]) == "key is 1, must be = 0"
    assert values(done.parsed) == METRICS


def test_a_table_keeps_counting_all_its_checks(contract: Contract) -> None:
    poller = Poller(contract)
    poller.once()
    later = poller.round([0], datetime.now(UTC))
    assert len(later.results) == 1
    assert values(later.parsed) == {"dwh.orders": METRICS["dwh.orders"]}


def test_two_runs_are_two_measurements(contract: Contract) -> None:
    poller = Poller(contract)
    first, second = poller.once(), poller.once()
    ids = {event.event_id for done in (first, second) for event in done.parsed.events}
    assert len(ids) == len(first.parsed.events) + len(second.parsed.events)


def test_an_unreachable_database_says_nothing_of_the_tables(contract: Contract) -> None:
    gone = Contract("duckdb:////no/such/file.db", contract.checks, 1)
    with pytest.raises(Unreachable, match=r"file\.db"):
        Poller(gone).once()
    stop = Event()
    said: list[str] = []

    def away(why: str) -> None:
        said.append(why)
        stop.set()

    Poller(gone).run(stop, lambda done: pytest.fail("nothing was done"), away)
    assert len(said) == 1


def test_a_query_has_its_time(contract: Contract, tmp_path: Path) -> None:
    checks = tmp_path / "slow.yaml"
    checks.write_text(
        "schema: [{name: orders, quality: [{type: sql, mustBe: 0, "
        "query: 'SELECT count(*) FROM range(100000) a, range(10000000) b "
        "WHERE a.range < b.range'}]}]"
    )
    slow = load_contract(checks, contract.connection)
    done = Poller(Contract(slow.connection, slow.checks, 0.2)).once()
    assert "INTERRUPT" in (done.results[0].fault or "")


def test_texts_are_no_values(contract: Contract, tmp_path: Path) -> None:
    checks = tmp_path / "text.yaml"
    checks.write_text(
        "schema: [{name: orders, quality: [{type: sql, mustBe: 0, query: SELECT 'lots'},"
        " {type: sql, mustBe: 0, query: SELECT 1 WHERE false}]}]"
    )
    done = Poller(load_contract(checks, contract.connection)).once()
    faults = [result.fault for result in done.results]
    assert faults == ["must give a number or a boolean, gave 'lots'", "the query gave no row"]


def test_checks_run_when_they_are_due(contract: Contract) -> None:
    now = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    check = contract.checks[0]
    assert next_run(check, now) == now + timedelta(minutes=5)
    from dataclasses import replace

    nightly = replace(check, cron="0 20 * * *")
    assert next_run(nightly, now) == datetime(2026, 3, 1, 20, tzinfo=UTC)
    quick = Contract(contract.connection, (replace(check, every=0.01),), 10)
    stop = Event()
    rounds: list[Round] = []

    def told(done: Round) -> None:
        rounds.append(done)
        if len(rounds) == 3:
            stop.set()

    Poller(quick).run(stop, told, pytest.fail)
    assert [len(done.results) for done in rounds] == [1, 1, 1]
