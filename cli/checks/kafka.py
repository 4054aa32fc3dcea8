"""Kafka: does it answer, are its topics as they should be, does its clock agree."""

import asyncio
import logging
import time
from collections.abc import Iterator
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from cli.checks.clock import compare
from cli.checks.finding import Finding
from pipeline.kafka import client_options
from pipeline.settings import Settings
from pipeline.topics import TopicSpec, topic_specs

REQUEST_MS: Final = 5000
MIGRATE: Final = "run `tidemark migrate`"
_MILLISECOND: Final = 1000


class _LastWords(logging.Handler):
    """Why a connection failed: aiokafka tells its log, and its caller only that it did."""

    text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text = record.getMessage()


async def check_kafka(settings: Settings) -> list[Finding]:
    """Look at the brokers, the topics and the clock."""
    last_words = _LastWords()
    logging.getLogger("aiokafka").addHandler(last_words)
    admin = AIOKafkaAdminClient(**client_options(settings), request_timeout_ms=REQUEST_MS)
    try:
        await admin.start()
        brokers = len((await admin.describe_cluster())["brokers"])
        topics = await _topics(admin, settings)
    except (KafkaError, OSError) as error:
        return [
            Finding.fail(
                "kafka",
                f"{settings.kafka_brokers} does not answer: {last_words.text or error}",
                "start Kafka, or correct TIDEMARK_KAFKA_BROKERS and what secures the connection",
            )
        ]
    finally:
        await admin.close()
        logging.getLogger("aiokafka").removeHandler(last_words)
    answers = f"{settings.kafka_brokers} answers, {brokers} broker{'' if brokers == 1 else 's'}"
    return [
        Finding.ok("kafka", answers),
        topics,
        await asyncio.to_thread(_clock, settings),
    ]


async def _topics(admin: AIOKafkaAdminClient, settings: Settings) -> Finding:
    specs = topic_specs(settings)
    described = {t["topic"]: t for t in await admin.describe_topics([s.name for s in specs])}
    missing = [spec.name for spec in specs if not described[spec.name]["partitions"]]
    if missing:
        return Finding.fail("topics", f"missing: {', '.join(missing)}", MIGRATE)
    for spec in specs:
        count = len(described[spec.name]["partitions"])
        if count != spec.partitions:
            return Finding.fail(
                "topics",
                f"{spec.name} has {count} partitions, {spec.partitions} are expected",
                f"set TIDEMARK_TOPIC_PARTITIONS to {count}, or start on another prefix",
            )
    configs = await _configs(admin, specs)
    for spec in specs:
        partitions = described[spec.name]["partitions"]
        for difference, remedy in _differences(spec, partitions, configs[spec.name]):
            return Finding.warn("topics", f"{spec.name}: {difference}", remedy)
    return Finding.ok("topics", f"{len(specs)} under {settings.topic_prefix}, as they should be")


async def _configs(admin: AIOKafkaAdminClient, specs: list[TopicSpec]) -> dict[str, dict[str, str]]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, spec.name) for spec in specs]
    return {
        name: {key: value for key, value, *_ in entries}
        for response in await admin.describe_configs(resources)
        for _, _, _, name, entries in response.resources
    }


def _differences(
    spec: TopicSpec, partitions: list[dict[str, Any]], config: dict[str, str]
) -> Iterator[tuple[str, str]]:
    if any(len(partition["isr"]) < len(partition["replicas"]) for partition in partitions):
        yield "replicas are missing or behind", "see that every broker runs"
    copies = min(len(partition["replicas"]) for partition in partitions)
    if copies != spec.replication:
        yield (
            f"{copies} replicas, TIDEMARK_TOPIC_REPLICATION says {spec.replication}",
            "correct the setting, or reassign the replicas (kafka-reassign-partitions.sh)",
        )
    for key, wanted in spec.config.items():
        # Whoever may not read the configuration is given none.
        found = config.get(key, wanted)
        if found != wanted:
            yield (
                f"{key} is {found}, {wanted} is expected",
                f"kafka-configs.sh --alter --topic {spec.name} --add-config {key}={wanted}",
            )


def _clock(settings: Settings) -> Finding:
    """Ask the controller: the leader of the metadata quorum answers with its own time."""
    from kafka import KafkaAdminClient
    from kafka.errors import KafkaError as AdminError

    options = client_options(settings) | {"bootstrap_timeout_ms": REQUEST_MS}
    try:
        admin = KafkaAdminClient(**options, request_timeout_ms=REQUEST_MS)
        try:
            before = time.time()
            (quorum,) = admin.describe_metadata_quorum()["topics"][0]["partitions"]
            after = time.time()
        finally:
            admin.close()
    except (AdminError, OSError, LookupError) as error:
        return Finding.note("kafka clock", f"could not be asked: {error!r}")
    told = {v["replica_id"]: v["last_fetch_timestamp"] for v in quorum["current_voters"]}
    theirs = told.get(quorum["leader_id"], -1)
    if theirs < 0:
        return Finding.note("kafka clock", "this Kafka does not tell")
    return compare("kafka clock", theirs / _MILLISECOND, before, after)
