"""Everything through PgBouncer in transaction mode: each transaction may have another server."""

import asyncio
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from devstack.accounts import server_account
from devstack.ports import free_port
from devstack.postgres import PostgresServer
from devstack.process import Launch, ServerProcess, on_starter_thread
from pipeline.channels.sealing import new_key
from sinks.migrations import migrate
from tests.conftest import SettingsFactory
from tests.integration.inprocess import serving
from tests.integration.notifications.conftest import Receiver, arrived
from tests.integration.stream.conftest import Stream, an_event, make_stream

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer is not installed")
__all__ = ["make_stream"]


@pytest.fixture
def pooled_url(
    postgres_server: PostgresServer, empty_database_url: str, server_home: Path
) -> Iterator[str]:
    """The address of a fresh database behind a PgBouncer with two connections to it."""
    home, port = server_home / f"pgbouncer-{uuid4().hex[:8]}", free_port()
    account = server_account()
    home.mkdir()
    name = empty_database_url.rsplit("/", 1)[1]
    password = empty_database_url.split(":")[2].split("@")[0]
    (home / "users").write_text(f'"tidemark" "{password}"\n')
    (home / "pgbouncer.ini").write_text(
        f"[databases]\n{name} = host=127.0.0.1 port={postgres_server.port} pool_size=2\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = scram-sha-256\nauth_file = {home}/users\npool_mode = transaction\n"
        "max_client_conn = 200\n"
    )
    if account:
        for path in (home, *home.iterdir()):
            account.take_over(path)
    launch = Launch(
        name="PgBouncer", command=[str(PGBOUNCER), str(home / "pgbouncer.ini")], mark=str(home),
        pid_file=server_home / f"{home.name}.pid", log_file=server_home / f"{home.name}.log",
        stop_signal=signal.SIGINT, account=account,
    )  # fmt: skip
    url = f"postgresql://tidemark:{password}@127.0.0.1:{port}/{name}"
    process = on_starter_thread(lambda: ServerProcess(launch))

    def answers() -> bool:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    process.wait_until(answers, 20)
    yield url
    process.stop()


async def test_the_whole_line_runs_behind_it(
    pooled_url: str, make_settings: SettingsFactory, make_stream: Callable[..., Stream]
) -> None:
    await asyncio.gather(*(asyncio.to_thread(migrate, pooled_url) for _ in range(3)))
    settings = make_settings(
        database_url=pooled_url, secret_key=new_key(), notify_networks=["127.0.0.0/8"]
    )
    stream, receiver = await make_stream(settings), Receiver()
    processes = [stream.start(name) for name in ("worker", "sink", "notify")]
    async with serving(settings) as http:
        channel = await http.post("/channels", json={"name": "h", "address": receiver.url})
        assert channel.status_code == 201, channel.text
        number = channel.json()["data"]["channel"]["id"]
        for n in range(12):  # more often than a statement needs to be prepared
            asked = {"name": f"s{n}", "channels": [number], "assetPattern": f"a{n}"}
            made = await http.post("/subscriptions", json=asked)
            assert made.status_code == 201, made.text
        for round_ in range(3):
            for value in (90, 60):
                await stream.send(
                    an_event(f"a{n}", value, second=round_ * 10 + (value == 60)) for n in range(12)
                )
        await stream.stored(72)
        await arrived(receiver.received, 36, 90)
        found = (await http.get("/alerts?severity=critical&limit=100")).json()["data"]
        assert len(found) == 36
        answers = await asyncio.gather(
            *(http.post(f"/alerts/{one['id']}/acknowledge", json={}) for one in found)
        )
        assert {answer.status_code for answer in answers} == {200}
    assert all(process.poll() is None for process in processes)
    receiver.stop()
