"""The embedded servers: data outlives a kill, and what a killed owner left is ended."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from uuid import uuid4

import psutil
import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from devstack.errors import DevstackError
from devstack.jars import kafka_libs
from devstack.kafka import KafkaServer
from devstack.ports import free_port, is_free
from devstack.postgres import PostgresServer
from tests.conftest import ROOT

CACHE = ROOT / ".tidemark" / "kafka"

OWNER = dedent(
    """
    import shutil, sys, time
    from pathlib import Path
    from devstack.jars import kafka_libs
    from devstack.kafka import KafkaServer
    from devstack.postgres import PostgresServer

    kind, home, dies_with_its_owner = sys.argv[1:]
    if dies_with_its_owner == "no":
        which = shutil.which
        shutil.which = lambda name: None if name == "setpriv" else which(name)
    server = (
        KafkaServer(Path(home), kafka_libs(Path(".tidemark/kafka")))
        if kind == "kafka"
        else PostgresServer(Path(home), durable=False)
    )
    server.start()
    print(server.pid, server.port, flush=True)
    time.sleep(600)
    """
)


async def write(brokers: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers)
    await admin.start()
    await admin.create_topics([NewTopic("kept", 1, 1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=brokers) as producer:
        await producer.send_and_wait("kept", b"before")


async def read(brokers: str) -> bytes | None:
    consumer = AIOKafkaConsumer(bootstrap_servers=brokers, auto_offset_reset="earliest")
    async with consumer, asyncio.timeout(20):
        consumer.assign([TopicPartition("kept", 0)])
        return (await consumer.getone()).value


def test_kafka_keeps_its_data_and_port(make_kafka: Callable[[], KafkaServer]) -> None:
    server = make_kafka()
    server.start()
    try:
        brokers, first = server.brokers, server.pid
        asyncio.run(write(brokers))
        server.kill()
        assert not _alive(first)
        with pytest.raises(DevstackError, match="Kafka is not running"):
            _ = server.pid
        server.start()
        assert server.brokers == brokers
        assert asyncio.run(read(brokers)) == b"before"
    finally:
        server.stop()
        server.stop()


def test_postgresql_keeps_its_data_port_and_password(
    make_postgres: Callable[[], PostgresServer],
) -> None:
    server = make_postgres()
    server.start()
    try:
        url, first = server.url, server.pid
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 'before' AS what")
        family = [first, *(backend.pid for backend in psutil.Process(first).children())]
        server.kill()
        assert not any(_alive(pid) for pid in family)
        server.start()
        assert server.url == url
        connection = psycopg.connect(url)
        assert connection.execute("SELECT what FROM kept").fetchone() == ("before",)
        # Open connections don't hold a stop up.
        server.stop()
        connection.close()
        assert is_free(server.port)
    finally:
        server.remove()
    assert not server.home.exists()


@pytest.mark.parametrize("kind", ["kafka", "postgres"])
def test_the_orphan_of_a_killed_owner_is_ended(server_home: Path, kind: str) -> None:
    home = server_home / f"orphan-{uuid4().hex[:8]}"
    orphan, port = _orphan(kind, home, dies="no")
    assert psutil.pid_exists(orphan)
    server = _server(kind, home)
    server.start()
    try:
        assert not _alive(orphan)
        assert server.pid != orphan
        assert is_free(port)
    finally:
        server.stop()


@pytest.mark.parametrize("kind", ["kafka", "postgres"])
def test_a_server_dies_with_its_owner(server_home: Path, kind: str) -> None:
    orphan, _ = _orphan(kind, server_home / f"dying-{uuid4().hex[:8]}", dies="yes")
    deadline = time.monotonic() + 20
    while _alive(orphan):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_number_that_is_another_process_by_now_is_left_alone(server_home: Path) -> None:
    home = server_home / f"reused-{uuid4().hex[:8]}"
    server = KafkaServer(home, kafka_libs(CACHE))
    home.mkdir()
    with subprocess.Popen(["sleep", "60"]) as bystander:
        (home / "kafka.pid").write_text(str(bystander.pid))
        server.start()
        server.stop()
        assert bystander.poll() is None
        bystander.kill()


def test_a_taken_port_is_told_with_the_end_of_the_log(server_home: Path) -> None:
    taken = PostgresServer(server_home / f"taken-{uuid4().hex[:8]}", durable=False)
    taken.start()
    other = PostgresServer(server_home / f"other-{uuid4().hex[:8]}", taken.port, durable=False)
    try:
        with pytest.raises(DevstackError) as caught:
            other.start()
        assert "PostgreSQL ended at start" in str(caught.value)
        assert "Address already in use" in str(caught.value)
    finally:
        other.remove()
        taken.remove()


def _server(kind: str, home: Path) -> KafkaServer | PostgresServer:
    if kind == "kafka":
        return KafkaServer(home, kafka_libs(CACHE))
    return PostgresServer(home, free_port(), durable=False)


def _orphan(kind: str, home: Path, dies: str) -> tuple[int, int]:
    """Start a server from a process of its own, kill that; return the server's pid and port."""
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, kind, str(home), dies],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    with owner:
        assert owner.stdout is not None
        pid, port = (int(number) for number in owner.stdout.readline().split())
        os.kill(owner.pid, signal.SIGKILL)
    return pid, port


def _alive(pid: int) -> bool:
    try:
        # Whoever ought to reap it may be slow to.
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
