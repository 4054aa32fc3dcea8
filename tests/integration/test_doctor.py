"""`tidemark doctor` against a real Kafka and a real PostgreSQL, sound and unsound."""

import asyncio
import json
import os
import subprocess
import sys
from typing import Any

import psycopg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from devstack.ports import free_port
from devstack.services import not_ready
from pipeline.provision import provision
from pipeline.settings import Settings
from pipeline.topics import Topics
from tests.conftest import ROOT, SettingsFactory, Starter, environment
from tests.integration.api.conftest import eventually

Found = dict[str, tuple[str, str]]


async def examine(settings: Settings) -> Found:
    """Return verdict and detail (with the remedy) by check."""
    doctor = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli.main", "doctor", "--json"),
        cwd=ROOT,
        env=os.environ | environment(settings),
        stdout=subprocess.PIPE,
    )
    out, _ = await doctor.communicate()
    found = json.loads(out)
    assert doctor.returncode == any(one["verdict"] == "fail" for one in found)
    return {
        one["check"]: (one["verdict"], f"{one['detail']}; {one['remedy'] or ''}") for one in found
    }


async def test_all_is_well(make_settings: SettingsFactory, start_tidemark: Starter) -> None:
    settings = make_settings(http_port=free_port())
    await provision(settings)
    for process in ("worker", "sink", "edge"):
        start_tidemark(process, settings=settings)

    async def ready() -> bool:
        return not_ready(f"http://127.0.0.1:{settings.http_port}") is None

    await eventually(ready, 60)

    async def well() -> Any:
        found = await examine(settings)
        return found if all(verdict == "ok" for verdict, _ in found.values()) else None

    found = await eventually(well, 60)
    assert set(found) == {
        "settings", "kafka", "permissions", "topics", "kafka clock", "worker", "sink",
        "dead letters", "postgresql", "tables", "postgresql clock", "state", "edge", "devstack",
    }  # fmt: skip
    assert found["worker"][1].startswith("1 member, 0 records behind")


async def test_nothing_was_prepared(
    make_settings: SettingsFactory, empty_database_url: str
) -> None:
    settings = make_settings(database_url=empty_database_url, http_port=free_port())
    found = await examine(settings)
    verdict, detail = found["topics"]
    assert verdict == "fail"
    assert Topics(settings.topic_prefix).metrics in detail
    assert "run `tidemark migrate`" in detail
    verdict, detail = found["tables"]
    assert verdict == "fail"
    assert "0001_assets.sql" in detail
    assert found["worker"][0] == "note"
    with psycopg.connect(empty_database_url) as connection:
        row = connection.execute("SELECT to_regclass('schema_migrations')").fetchone()
        assert row == (None,), "it changes nothing"


async def test_topics_are_not_as_expected(make_settings: SettingsFactory) -> None:
    settings = make_settings()
    await provision(settings)
    found = await examine(settings.model_copy(update={"topic_partitions": 8}))
    assert found["topics"][0] == "fail"
    assert "set TIDEMARK_TOPIC_PARTITIONS to 4" in found["topics"][1]

    found = await examine(settings.model_copy(update={"topic_replication": 3}))
    assert found["topics"][0] == "warn"
    assert "1 replicas, TIDEMARK_TOPIC_REPLICATION says 3" in found["topics"][1]

    topic = Topics(settings.topic_prefix).metrics
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_brokers)
    await admin.start()
    config = {"message.timestamp.type": "CreateTime", "retention.ms": "604800000"}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, config)])
    await admin.close()
    found = await examine(settings)
    assert found["topics"][0] == "warn"
    assert f"--topic {topic} --add-config message.timestamp.type=LogAppend" in found["topics"][1]
    assert found["worker"] == ("fail", "none runs; start `tidemark worker`")


async def test_the_database_is_of_a_later_release(settings: Settings) -> None:
    url = settings.database_url.get_secret_value()
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO schema_migrations (number, name, checksum) VALUES (9999, '9999_x.sql', '')"
        )
    verdict, detail = (await examine(settings))["tables"]
    assert verdict == "fail"
    assert "9999_x.sql" in detail


async def test_servers_are_away(make_settings: SettingsFactory) -> None:
    nobody = free_port()
    settings = make_settings(
        kafka_brokers=f"127.0.0.1:{nobody}",
        database_url=f"postgresql://tidemark:secret@127.0.0.1:{nobody}/tidemark",
    )
    found = await examine(settings)
    assert found["kafka"][0] == "fail"
    assert "connection refused" in found["kafka"][1]
    assert found["postgresql"][0] == "fail"
    assert "secret" not in str(found)


@pytest.mark.parametrize("wrong", ["tidemark:wrong@", "nobody@"])
async def test_a_role_is_refused(
    make_settings: SettingsFactory, database_url: str, wrong: str
) -> None:
    _, _, place = database_url.partition("@")
    settings = make_settings(database_url=f"postgresql://{wrong}{place}")
    verdict, detail = (await examine(settings))["postgresql"]
    assert (verdict, "password" in detail) == ("fail", True)
