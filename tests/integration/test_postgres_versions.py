"""Every supported PostgreSQL that is at hand: tables, sink, edge, retention.

`make test` takes the oldest that Debian has installed; `make compat` those it is told of.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest

from api.routes import ENDPOINTS
from cli.checks.postgres import check_postgres
from devstack.accounts import server_account
from devstack.ports import free_port
from devstack.postgres import PostgresServer
from pipeline.settings import Settings
from sinks import alerts, history, retention
from sinks.database import create_pool, write_all
from sinks.migrations import migrate, too_old
from tests.integration.inprocess import serving
from tests.integration.sinks.conftest import a_measurement, an_alert


def binaries() -> list[Path]:
    """Folders of PostgreSQL's programs."""
    told = os.environ.get("POSTGRES_BINARIES", "").split()
    if told:
        return [Path(one) for one in told]
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: int(one.parent.name))
    return [one for one in debian if (one / "initdb").exists()][:1]


@pytest.fixture(params=binaries() or [None], ids=lambda one: one.parent.name if one else "none")
def server(request: pytest.FixtureRequest, server_home: Path) -> Iterator[PostgresServer]:
    found: Path | None = request.param
    account = server_account()
    if found is None or (account and not account.may_execute(found / "postgres")):
        pytest.skip("no other PostgreSQL is installed")
    home = server_home / f"postgres-{uuid4().hex[:8]}"
    made = PostgresServer(home, durable=False, binaries=found)
    made.start()
    yield made
    made.remove()


async def test_tables_sink_edge_and_retention(server: PostgresServer) -> None:
    assert migrate(server.url)
    assert migrate(server.url) == []
    settings = Settings(
        database_url=server.url, kafka_brokers=f"127.0.0.1:{free_port()}",
        secret_key=None, database_connections=4,
    )  # fmt: skip
    findings = await check_postgres(settings)
    assert {finding.verdict for finding in findings} == {"ok"}, findings
    alert = an_alert()
    async with create_pool(settings) as pool:
        assert await write_all(pool, alerts.store, [alert]) == []
        for _ in range(2):  # what is read again takes another way
            given = [a_measurement(value=value) for value in (90, 80, 70)]
            assert await write_all(pool, history.store, [*given, given[0]]) == []
            assert await write_all(pool, history.store, given) == []
        await retention.keep(pool, 30, 90, 730)
    async with serving(settings) as http:
        for endpoint in ENDPOINTS:
            if endpoint.method == "GET" and "{" not in endpoint.path:
                await reads(http, endpoint.address)
        answer = await http.post(f"/alerts/{alert.id}/acknowledge", json={"comment": "I look"})
        assert answer.status_code == 200, answer.text
    with psycopg.connect(server.url) as connection:
        row = connection.execute("SELECT sum(count) FROM quality_metric_daily").fetchone()
    assert row == (6,)


async def reads(http: httpx.AsyncClient, address: str) -> None:
    answer = await http.get(f"http://127.0.0.1{address}")
    # 422: a parameter is required; what the query would be is tested elsewhere.
    assert answer.status_code in (200, 422), (address, answer.text)


@pytest.mark.parametrize(("number", "old"), [(130_022, True), (140_000, False), (180_001, False)])
def test_older_ones_are_refused_in_a_sentence(number: int, old: bool) -> None:
    assert (too_old(number) is not None) is old
    if old:
        assert too_old(number) == "PostgreSQL 13 is too old: Tidemark needs PostgreSQL 14 or newer"
