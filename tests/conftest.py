"""Fixtures: the real Kafka and the real PostgreSQL, and settings that point at them.

What needs a server imports it inside its fixture, so that unit tests stay quick.
See docs/testing.md.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

import hypothesis
import pytest

from pipeline.settings import Settings

if TYPE_CHECKING:
    from devstack.kafka import KafkaServer
    from devstack.postgres import PostgresServer

ROOT = Path(__file__).parents[1]

# The developer's own settings are not the tests'.
for _name in [name for name in os.environ if name.startswith("TIDEMARK_")]:
    del os.environ[_name]

hypothesis.settings.register_profile("ci", derandomize=True, deadline=None)
hypothesis.settings.register_profile("dev", deadline=None)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "dev")


class SettingsFactory(Protocol):
    """Makes settings; what is not given keeps the test's default."""

    def __call__(self, **overrides: Any) -> Settings: ...


class Starter(Protocol):
    """Starts `tidemark <arguments>` as a process of its own."""

    def __call__(self, *arguments: str, settings: Settings) -> subprocess.Popen[bytes]: ...


@pytest.fixture(scope="session")
def server_home() -> Iterator[Path]:
    """A folder for servers' data that PostgreSQL's account can pass through."""
    home = Path(tempfile.mkdtemp(prefix="tidemark-"))
    home.chmod(0o711)
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def make_kafka(server_home: Path) -> Callable[[], "KafkaServer"]:
    """Makes (and does not start) a broker on data of its own."""
    from devstack.jars import kafka_libs
    from devstack.kafka import KafkaServer

    return lambda: KafkaServer(
        server_home / f"kafka-{uuid4().hex[:8]}", kafka_libs(ROOT / ".tidemark" / "kafka")
    )


@pytest.fixture(scope="session")
def make_postgres(server_home: Path) -> Callable[[], "PostgresServer"]:
    """Makes (and does not start) a PostgreSQL server on data of its own."""
    from devstack.postgres import PostgresServer

    return lambda: PostgresServer(server_home / f"postgres-{uuid4().hex[:8]}", durable=False)


@pytest.fixture(scope="session")
def kafka_cluster(make_kafka: Callable[[], "KafkaServer"]) -> Iterator[str]:
    """Brokers (host:port) of the Kafka all tests share; keep to your `topic_prefix`."""
    server = make_kafka()
    server.start()
    yield server.brokers
    server.stop()


@pytest.fixture(scope="session")
def postgres_server(make_postgres: Callable[[], "PostgresServer"]) -> Iterator["PostgresServer"]:
    """The PostgreSQL all tests share; a test's database is `database_url`."""
    server = make_postgres()
    server.start()
    yield server
    server.remove()


@pytest.fixture
def private_kafka(make_kafka: Callable[[], "KafkaServer"]) -> Iterator["KafkaServer"]:
    """A started broker of the test's own, to kill, pause and start again."""
    server = make_kafka()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def private_postgres(make_postgres: Callable[[], "PostgresServer"]) -> Iterator["PostgresServer"]:
    """A started and migrated PostgreSQL of the test's own, to kill, pause and start again."""
    server = make_postgres()
    server.start()
    _migrate(server.url)
    yield server
    server.remove()


@pytest.fixture
def topic_prefix() -> str:
    """A topic prefix no other test has."""
    return f"test-{uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def migrated_template(postgres_server: "PostgresServer") -> str:
    """Name of a migrated database to copy."""
    _create_database(postgres_server, "template_migrated")
    _migrate(postgres_server.url_of("template_migrated"))
    return "template_migrated"


@pytest.fixture
def database_url(postgres_server: "PostgresServer", migrated_template: str) -> Iterator[str]:
    """Libpq URL of a fresh, migrated database."""
    name = f"test_{uuid4().hex[:12]}"
    _create_database(postgres_server, name, template=migrated_template)
    yield postgres_server.url_of(name)
    _execute(postgres_server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def empty_database_url(postgres_server: "PostgresServer") -> Iterator[str]:
    """Libpq URL of a fresh database without a table in it."""
    name = f"test_{uuid4().hex[:12]}"
    _create_database(postgres_server, name)
    yield postgres_server.url_of(name)
    _execute(postgres_server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def make_settings(
    request: pytest.FixtureRequest, topic_prefix: str, tmp_path: Path
) -> SettingsFactory:
    """Makes settings with the test's own topics, database and state folder.

    The shared servers start only if their address is not given.
    """

    def make(**overrides: Any) -> Settings:
        if "kafka_brokers" not in overrides:
            overrides["kafka_brokers"] = request.getfixturevalue("kafka_cluster")
        if "database_url" not in overrides:
            overrides["database_url"] = request.getfixturevalue("database_url")
        defaults: dict[str, Any] = {
            "topic_prefix": topic_prefix,
            "state_dir": tmp_path / "state",
            "http_port": 0,
            "session_timeout_seconds": 6.0,
        }
        return Settings(**(defaults | overrides))

    return make


@pytest.fixture
def settings(make_settings: SettingsFactory) -> Settings:
    """Settings of a test that changes none."""
    return make_settings()


@pytest.fixture
def start_tidemark(tmp_path: Path) -> Iterator[Starter]:
    """Starts `tidemark` processes; what still runs at the end of the test is killed.

    Their output goes to `<tmp_path>/<subcommand>-<n>.log`.
    """
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str, settings: Settings) -> subprocess.Popen[bytes]:
        log_file = tmp_path / f"{arguments[0]}-{len(started)}.log"
        with log_file.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "cli.main", *arguments],
                cwd=ROOT,
                env=os.environ | environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment variables that make a process read these settings."""
    given = settings.model_dump(mode="json", exclude_unset=True)
    variables = {}
    for name, value in given.items():
        secret = getattr(getattr(settings, name), "get_secret_value", None)
        plain = secret() if secret else value
        variables[f"TIDEMARK_{name.upper()}"] = (
            plain if isinstance(plain, str) else json.dumps(plain)
        )
    return variables


def _create_database(server: "PostgresServer", name: str, template: str = "template1") -> None:
    _execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")


def _execute(server: "PostgresServer", statement: str) -> None:
    import psycopg

    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(statement)


def _migrate(database_url: str) -> None:
    from sinks.migrations import migrate

    migrate(database_url)
