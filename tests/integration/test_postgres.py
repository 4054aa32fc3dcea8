"""PostgreSQL as it fails in life: read-only, locked, out of something, or set up otherwise."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from api.queries.routing import order_test
from cli.checks.postgres import check_postgres
from devstack.ports import free_port
from devstack.postgres import PostgresServer
from pipeline.faults import ExitCode
from pipeline.postgres.pool import FRESH_SECONDS, Pool
from pipeline.postgres.trouble import PostgresUnavailable
from pipeline.settings import Settings
from schemas.alerts import Alert
from sinks import alerts
from sinks.database import create_pool, write_all
from sinks.migrations import MigrationError, migrate
from sinks.notifications import deliveries
from sinks.notifications.courier import Courier
from sinks.notifications.journal import Journal
from tests.conftest import ROOT, environment
from tests.integration.inprocess import serving
from tests.integration.sinks.conftest import an_alert


@pytest.fixture(scope="module")
def server(make_postgres: Callable[[], PostgresServer]) -> Iterator[PostgresServer]:
    """A server that these tests may do anything to."""
    made = make_postgres()
    made.start()
    migrate(made.url)
    yield made
    made.remove()


@pytest.fixture
def settings(server: PostgresServer) -> Settings:
    nowhere = f"127.0.0.1:{free_port()}"
    return Settings(database_url=server.url, kafka_brokers=nowhere, database_connections=4)


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[Pool]:
    async with create_pool(settings) as made:
        yield made


def at(settings: Settings, url: str) -> Settings:
    return Settings(**settings.model_dump(exclude_unset=True) | {"database_url": url})


def execute(server: PostgresServer, *statements: str) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@asynccontextmanager
async def read_only(server: PostgresServer) -> AsyncIterator[None]:
    """As after a failover: what is connected already, and whoever comes, may only read."""
    await asyncio.to_thread(
        execute, server, "ALTER DATABASE tidemark SET default_transaction_read_only = on",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name LIKE 'tidemark%'",
    )  # fmt: skip
    yield
    with psycopg.connect(server.url_of("postgres"), autocommit=True) as connection:
        connection.execute("ALTER DATABASE tidemark RESET default_transaction_read_only")


async def postgres_component(http: httpx.AsyncClient) -> tuple[bool, str]:
    parts = (await http.get("http://127.0.0.1/readyz")).json()["components"]
    return next((part["ready"], part["detail"]) for part in parts if part["name"] == "postgresql")


async def until(check: Callable[[], Awaitable[bool]], what: str, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not await check():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.05)


async def stored(pool: Pool) -> Alert:
    alert = an_alert(asset=f"a.{uuid4().hex[:8]}")
    assert await write_all(pool, alerts.store, [alert]) == []
    return alert


def refused(answer: httpx.Response) -> bool:
    return (
        answer.status_code == 503
        and answer.headers["content-type"] == "application/problem+json"
        and int(answer.headers["retry-after"]) > 0
        and answer.json()["code"] == "unavailable"
    )


async def test_read_only_is_unavailable_to_everyone_and_passes(
    server: PostgresServer, settings: Settings, pool: Pool
) -> None:
    alert = await stored(pool)
    async with serving(settings) as http:
        assert (await http.get("/alerts")).status_code == 200
        async with read_only(server):
            answer = await http.post(f"/alerts/{alert.id}/acknowledge", json={})
            assert refused(answer)
            assert "read-only" in answer.json()["detail"]
            assert refused(await http.get("/alerts"))
            await asyncio.sleep(1.1)  # how long an answer of the probe is given again
            ready, detail = await postgres_component(http)
            assert not ready
            assert "read-only" in detail
            waiting = asyncio.create_task(write_all(pool, alerts.store, [an_alert("b")]))
            with pytest.raises(PostgresUnavailable, match="read-only"):
                await asyncio.to_thread(migrate, server.url)
            assert not waiting.done()
        assert await asyncio.wait_for(waiting, 30) == []

        async def acknowledged() -> bool:
            answer = await http.post(f"/alerts/{alert.id}/acknowledge", json={})
            return answer.status_code == 200

        # Connections that were made meanwhile can read alone, and so are dropped.
        await until(acknowledged, "the edge keeps connections that can't write")
        assert (await http.get("/alerts")).status_code == 200


async def test_a_locked_table_holds_up_what_needs_it_alone(
    server: PostgresServer, settings: Settings, pool: Pool
) -> None:
    alert = await stored(pool)
    async with (
        serving(settings) as http,
        await psycopg.AsyncConnection.connect(server.url) as person,
    ):
        await person.execute("LOCK TABLE quality_alerts_realtime IN ACCESS EXCLUSIVE MODE")
        waiting = asyncio.create_task(write_all(pool, alerts.store, [an_alert("c")]))
        began = time.monotonic()
        answers = asyncio.gather(
            *(http.get("/alerts") for _ in range(20)),
            *(http.post(f"/alerts/{alert.id}/acknowledge", json={}) for _ in range(20)),
        )
        for _ in range(10):
            assert (await http.get("/owners")).status_code == 200
            assert (await postgres_component(http))[0]
        assert all(map(refused, await answers))
        assert time.monotonic() - began < 20
        assert not waiting.done()
        await person.rollback()
        assert await asyncio.wait_for(waiting, 30) == []

        async def acknowledged() -> bool:
            answer = await http.post(f"/alerts/{alert.id}/acknowledge", json={})
            return answer.status_code == 200

        await until(acknowledged, "the edge does not go on after the lock")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("53100", "no room left"),
        ("53200", "out of memory"),
        ("40P01", "ended this transaction"),
        ("40001", "ended this transaction"),
        ("57014", "took too long"),
        ("57P01", "ended the connection"),
        ("58030", "trouble with its machine"),
        ("XX000", "failed inside"),
        ("42501", "denies the role"),
        ("42P01", "lacks tables"),
    ],
)
async def test_the_sink_waits_and_the_edge_says_503(
    server: PostgresServer, settings: Settings, pool: Pool, state: str, said: str
) -> None:
    """A trigger fails as PostgreSQL would, until it is taken away."""
    alert = await stored(pool)
    execute(
        server,
        "CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION 'as asked' USING ERRCODE = '{state}'; END $$",
        "CREATE TRIGGER fail BEFORE INSERT OR UPDATE ON quality_alerts_realtime "
        "FOR EACH ROW EXECUTE FUNCTION fail()",
    )
    try:
        async with serving(settings) as http:
            answer = await http.post(f"/alerts/{alert.id}/acknowledge", json={})
            assert refused(answer)
            assert said in answer.json()["detail"]
            assert "as asked" not in answer.text
        waiting = asyncio.create_task(write_all(pool, alerts.store, [an_alert("d")]))
        await asyncio.sleep(0.3)
        assert not waiting.done()
    finally:
        execute(server, "DROP TRIGGER fail ON quality_alerts_realtime")
    assert await asyncio.wait_for(waiting, 30) == []


async def test_a_restart_is_not_noticed_by_who_comes_after_it(
    server: PostgresServer, settings: Settings
) -> None:
    async with serving(settings) as http:
        await asyncio.gather(*(http.get("/alerts") for _ in range(8)))
        await asyncio.to_thread(server.stop)
        await asyncio.to_thread(server.start)
        await asyncio.sleep(1.1)
        found = [(await http.get("/alerts")).status_code for _ in range(8)]
        assert found[-4:] == [200] * 4
        assert set(found) <= {200, 503}


async def test_of_several_hosts_the_one_that_takes_writes_is_used(server: PostgresServer) -> None:
    password = server.url.split(":")[2].split("@")[0]
    hosts = f"127.0.0.1:{free_port()},127.0.0.1:{server.port}"
    pool = create_pool(Settings(database_url=f"postgresql://tidemark:{password}@{hosts}/tidemark"))
    assert await write_all(pool, alerts.store, [an_alert("e")]) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda url: url.replace(":", ":x", 2).replace("x//", "//"), "refuses the password"),
        (lambda url: url.replace("/tidemark", "/nothing", 2).replace("//nothing", "//tidemark"),
         "does not have the database"),
        (lambda url: f"{url}?sslmode=require", "TLS"),
        (lambda url: f"{url}?sslmode=verify-full&sslrootcert=/none.crt", "TLS"),
        (lambda url: url.replace("127.0.0.1", "nowhere.invalid"), "host name does not resolve"),
    ],
)  # fmt: skip
async def test_what_is_misconfigured_is_named_at_once(
    server: PostgresServer, settings: Settings, change: Callable[[str], str], said: str
) -> None:
    wrong = at(settings, change(server.url))
    with pytest.raises(PostgresUnavailable, match=said):
        await asyncio.to_thread(migrate, wrong.database_url.get_secret_value())
    async with serving(wrong) as http:
        answer = await http.get("/alerts")
        assert refused(answer)
        assert said in answer.json()["detail"]
        ready, detail = await postgres_component(http)
        assert not ready
        assert said in detail


async def test_a_role_that_may_not_write_is_told_of(
    server: PostgresServer, settings: Settings
) -> None:
    execute(server, "CREATE ROLE guest LOGIN PASSWORD 'guest'")
    url = f"postgresql://guest:guest@127.0.0.1:{server.port}/tidemark"
    guest = at(settings, url)
    async with serving(guest) as http:
        answer = await http.get("/alerts")
        assert refused(answer)
        assert "denies the role" in answer.json()["detail"]
        ready, detail = await postgres_component(http)
        assert not ready
        assert "does not let this role write" in detail
    failing = {one.check: one for one in await check_postgres(guest) if one.verdict == "fail"}
    assert set(failing) == {"tables", "privileges"}
    assert "quality_alerts_realtime" in failing["privileges"].detail


def test_a_database_that_can_not_hold_every_text_is_refused(server: PostgresServer) -> None:
    execute(
        server,
        "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE_PROVIDER libc "
        "LOCALE 'C'",
    )
    with pytest.raises(MigrationError, match="encoding is LATIN1"):
        migrate(server.url_of("latin"))


class Sending:
    """Takes the place of all channels: a message is sent when `gate` is open."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.gate = asyncio.Event()

    def open(self, *_: Any) -> None:
        return None

    async def send(self, _: None, notification: Any) -> None:
        self.sent.append(notification.id)
        await self.gate.wait()


async def test_what_a_notifier_knows_of_a_message_outlives_an_outage(
    server: PostgresServer, settings: Settings, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: Any) -> None:
        pass

    async def order() -> UUID:
        async with pool.connection() as connection:
            return await order_test(connection, channel, "ann")

    async def is_sent(delivery: UUID) -> bool:
        async with await psycopg.AsyncConnection.connect(server.url) as connection:
            query = "SELECT state, attempts FROM notification_deliveries WHERE id = %s"
            found = await (await connection.execute(query, (delivery,))).fetchone()
        return found == ("sent", 1)

    async with pool.connection() as connection:
        row = await connection.execute(
            "INSERT INTO notification_channels (actor, name, kind, service, masked) "
            "VALUES ('ann', %s, 'websocket', 'websocket', '') RETURNING id", (uuid4().hex,)
        )  # fmt: skip
        ((channel,),) = await row.fetchall()
    sending, claim = Sending(), deliveries.claim
    courier = Courier(pool, sending, nothing, Journal(nothing), settings)  # type: ignore[arg-type]
    first = await order()
    assert await courier.send_due() == 1
    async with read_only(server):
        sending.gate.set()
        await asyncio.sleep(0.5)
    await until(lambda: is_sent(first), "the result was not written")

    async def claim_without_an_answer(*given: Any) -> Any:
        async with pool.connection() as connection:
            await claim(connection, *given[1:])
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    await asyncio.sleep(FRESH_SECONDS)
    second = await order()
    with monkeypatch.context() as patched:
        patched.setattr(deliveries, "claim", claim_without_an_answer)
        with pytest.raises(PostgresUnavailable):
            await courier.send_due()
    assert await courier.send_due() == 1
    await until(lambda: is_sent(second), "a claim whose answer was lost is not sent")
    assert sending.sent == [first, second]


@pytest.mark.parametrize(
    ("command", "also"),
    [
        (["keys", "list"], ""),
        (["export", "history", "-o"], "the same command goes on after 0 rows"),
    ],
)
def test_commands_end_in_one_sentence(
    server: PostgresServer, settings: Settings, tmp_path: Path, command: list[str], also: str
) -> None:
    wrong = at(settings, server.url_of("nothing"))
    arguments = [*command, str(tmp_path / "file")] if also else command
    ended = subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        cwd=ROOT, env=environment(wrong), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == ExitCode.MISFIT
    assert ended.stderr.startswith("tidemark: PostgreSQL does not have the database")
    assert also in ended.stderr
    assert "Traceback" not in ended.stderr
