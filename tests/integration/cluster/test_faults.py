"""A Kafka that does not let us in, or not do everything, is named with what to do about it."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from devstack.ports import free_port
from pipeline.cluster.inspection import inspect
from pipeline.cluster.reach import connection_fault
from pipeline.faults import ExitCode, Fault
from pipeline.kafka import client_options
from pipeline.provision import provision
from pipeline.settings import Settings, SettingsError
from pipeline.topics import Topics
from tests.conftest import ROOT, SettingsFactory, Starter, environment
from tests.integration.cluster.conftest import Secured
from tests.integration.stream.conftest import an_event, eventually
from tests.secured_kafka import DESCRIBE, GROUP, READ, TOPIC, documented

PROCESSES = ("migrate", "worker", "sink", "notify", "edge", "feed", "dead-letters")
UNUSED = "postgresql://unused"


async def fault_of(settings: dict[str, Any]) -> Fault | None:
    return await connection_fault(Settings(**settings))


async def test_every_way_to_connect_wrongly_is_named(secured: Secured) -> None:
    right = secured.settings
    cases: list[tuple[dict[str, Any], ExitCode, str]] = [
        (right(kafka_password="wrong"), ExitCode.REFUSED, "refuses the user 'permitted'"),
        (right("nobody"), ExitCode.REFUSED, "refuses the user 'nobody'"),
        (
            right(kafka_sasl_mechanism="SCRAM-SHA-256"),
            ExitCode.MISFIT,
            "does not offer the SASL mechanism SCRAM-SHA-256",
        ),
        (secured.at("expired"), ExitCode.REFUSED, "has expired; renew it"),
        (secured.at("othername"), ExitCode.REFUSED, "is not for the name 127.0.0.1"),
        (
            right(kafka_ca_file=secured.other_ca_file),
            ExitCode.REFUSED,
            f"by an authority that is not in {secured.other_ca_file}",
        ),
        (right(kafka_ca_file=None), ExitCode.REFUSED, "this system does not know"),
        (right(kafka_security_protocol="PLAINTEXT"), ExitCode.MISFIT, "speaks TLS"),
        (right(kafka_security_protocol="SASL_PLAINTEXT"), ExitCode.MISFIT, "speaks TLS"),
        (right(kafka_security_protocol="SSL"), ExitCode.MISFIT, "asks for a user and a password"),
        (secured.at("tls", "SASL_SSL"), ExitCode.MISFIT, "does not ask for a user"),
        (secured.at("tls", "PLAINTEXT"), ExitCode.MISFIT, "speaks TLS"),
        (secured.at("plain", "SASL_SSL"), ExitCode.MISFIT, "does not speak TLS"),
        (secured.at("plain", "SSL"), ExitCode.MISFIT, "does not speak TLS"),
        (secured.at("plain", "SASL_PLAINTEXT"), ExitCode.MISFIT, "does not ask for a user"),
        (secured.at("password", "PLAINTEXT"), ExitCode.MISFIT, "asks for a user and a password"),
        (right(kafka_brokers="127.0.0.1:1"), ExitCode.UNAVAILABLE, "connection refused"),
        (right(kafka_brokers="no.invalid:9092"), ExitCode.UNAVAILABLE, "can't be resolved"),
    ]
    for settings, code, said in cases:
        fault = await fault_of(settings)
        assert fault is not None, said
        assert (fault.code, said in str(fault)) == (code, True), f"{said}: {fault}"


async def test_who_is_let_in_has_no_fault(secured: Secured) -> None:
    for settings in (
        secured.settings(),
        secured.settings(kafka_sasl_mechanism="PLAIN"),
        secured.settings(kafka_brokers=f"127.0.0.1:1,{secured.server.brokers}"),
        secured.at("tls"),
        secured.at("plain"),
        secured.at("password") | {"kafka_sasl_mechanism": "PLAIN"},
    ):
        assert await fault_of(settings) is None


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file"), ("", "no certificate"), ("nonsense", "no certificate")],
)
async def test_a_useless_file_of_an_authority_is_a_wrong_setting(
    secured: Secured, tmp_path: Path, content: str | None, said: str
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SettingsError, match=f"TIDEMARK_KAFKA_CA_FILE: .*ca.pem: .*{said}"):
        await fault_of(secured.settings(kafka_ca_file=file))


async def test_the_documented_acls_suffice(
    secured: Secured, make_settings: SettingsFactory, start_tidemark: Starter, topic_prefix: str
) -> None:
    await secured.permit("permitted", documented(topic_prefix))
    settings = make_settings(**secured.settings(), database_url=UNUSED)
    await provision(settings)
    for process in PROCESSES:
        assert (await inspect(settings, process)).fault is None, process
    start_tidemark("worker", settings=settings)
    topics = Topics(topic_prefix)
    async with AIOKafkaProducer(**client_options(settings)) as producer:
        event = json.dumps(an_event("a", 50)).encode()
        await producer.send_and_wait(topics.metrics, event, b"a", 0)

    async def stored() -> bool:
        admin = make_settings(**secured.settings("admin"), database_url=UNUSED)
        return await records(admin, topics.history) == 1

    await eventually(stored, 60)


async def test_missing_permissions_are_named_before_anything_is_begun(
    secured: Secured, make_settings: SettingsFactory, topic_prefix: str
) -> None:
    await provision(make_settings(**secured.settings("admin"), database_url=UNUSED))
    topics_only = [right for right in documented(topic_prefix) if right[0] == TOPIC]
    await secured.permit("groupless", topics_only)
    await secured.permit("topicless", [(GROUP, f"tidemark-{topic_prefix}", (READ, DESCRIBE))])
    await secured.permit(
        "readonly",
        [(TOPIC, f"{topic_prefix}.", (READ, DESCRIBE)), (TOPIC, "tidemark-", (READ, DESCRIBE))],
    )
    group, metrics = f"tidemark-{topic_prefix}", f"{topic_prefix}.metrics"

    async def fault(user: str, process: str) -> str:
        settings = make_settings(**secured.settings(user), database_url=UNUSED)
        found = (await inspect(settings, process)).fault
        assert found is not None, (user, process)
        assert found.code is ExitCode.REFUSED
        assert found.what.startswith(f"the user '{user}' lacks in Kafka: ")
        return found.what

    assert (await fault("groupless", "worker")).endswith(f"READ and DESCRIBE on the group {group}")
    assert (await fault("groupless", "sink")).endswith(f"on the group {group}-sink")
    assert (await fault("groupless", "notify")).endswith(f"on the group {group}-notify")
    assert (await fault("groupless", "edge")).count(group) == 3
    assert f"READ and DESCRIBE on the topic {metrics};" in await fault("topicless", "worker")
    assert f"WRITE on the topics {topic_prefix}.changes" in await fault("readonly", "worker")
    assert f"WRITE and CREATE on the topic {group}-assets-changelog" in await fault(
        "readonly", "worker"
    )
    assert f"WRITE on the topic {metrics}" in await fault("readonly", "feed")
    assert "DESCRIBE on the topics" in await fault("stranger", "migrate")


async def test_processes_end_and_the_doctor_fails_for_them(
    secured: Secured, make_settings: SettingsFactory, topic_prefix: str
) -> None:
    await provision(make_settings(**secured.settings("admin"), database_url=UNUSED))
    await secured.permit("groupless", [r for r in documented(topic_prefix) if r[0] == TOPIC])
    groupless = make_settings(**secured.settings("groupless"), database_url=UNUSED)
    wrong = make_settings(**secured.settings(kafka_password="wrong"), database_url=UNUSED)
    lost = make_settings(
        **secured.settings(kafka_ca_file=Path("/nowhere/ca.pem")), database_url=UNUSED
    )
    group = f"READ and DESCRIBE on the group tidemark-{topic_prefix}"
    refused = "refuses the user 'permitted' or the password"
    runs = [
        (("worker",), groupless, 77, group),
        (("notify",), wrong, 77, refused),
        (("migrate",), wrong, 77, refused),
        (("dead-letters", "list"), wrong, 77, refused),
        (("edge",), lost, 78, "TIDEMARK_KAFKA_CA_FILE: /nowhere/ca.pem: No such file"),
        (("doctor", "--json"), groupless, 1, group),
        (("doctor", "--json"), lost, 1, "/nowhere/ca.pem: No such file"),
    ]
    for command, settings, code, said in runs:
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "cli.main", *command],
            cwd=ROOT,
            env=os.environ | environment(settings),
            capture_output=True,
            text=True,
            timeout=90,
        )
        out = done.stdout + done.stderr
        assert (done.returncode, said in out) == (code, True), (command, out)
        assert "Traceback" not in out
        assert "report this" not in out
        if command[0] == "doctor":
            assert json.loads(done.stdout)
        else:
            assert done.stderr.count("\n") == 1, out


async def test_an_edge_stays_and_says_why_it_is_not_ready(
    secured: Secured, make_settings: SettingsFactory, start_tidemark: Starter
) -> None:
    settings = make_settings(
        **secured.settings(kafka_password="wrong"), database_url=UNUSED, http_port=free_port()
    )
    edge = start_tidemark("edge", settings=settings)

    async def named() -> bool:
        async with httpx.AsyncClient() as http:
            try:
                answer = await http.get(f"http://127.0.0.1:{settings.http_port}/readyz", timeout=10)
            except httpx.TransportError:
                return False
        parts = {part["name"]: part["detail"] for part in answer.json()["components"]}
        return answer.status_code == 503 and "refuses the user 'permitted'" in parts["kafka"]

    await eventually(named, 60)
    assert edge.poll() is None


async def records(settings: Settings, topic: str) -> int:
    """Return how many records a topic has ever had."""
    from aiokafka import AIOKafkaConsumer, TopicPartition

    async with AIOKafkaConsumer(**client_options(settings)) as consumer:
        parts = [TopicPartition(topic, p) for p in range(settings.topic_partitions)]
        return sum((await consumer.end_offsets(parts)).values())
