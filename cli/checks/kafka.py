"""Kafka: does it answer, are its topics as they should be, does its clock agree."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from cli.checks.clock import compare
from cli.checks.finding import Finding, Verdict
from pipeline.cluster.inspection import inspect_through, silence
from pipeline.cluster.layout import MIGRATE, READ_ON
from pipeline.cluster.reach import broker_faults
from pipeline.cluster.topology import connected
from pipeline.faults import ExitCode
from pipeline.kafka import client_options
from pipeline.settings import Settings, SettingsError
from pipeline.topics import TopicSpec, topic_specs

REQUEST_MS: Final = 5000
PROCESSES: Final = ("worker", "sink", "notify", "edge", "dead-letters")
_MILLISECOND: Final = 1000


async def check_kafka(settings: Settings) -> list[Finding]:
    """Look at the brokers, what we may do there, the topics and the clock."""
    try:
        faults = await broker_faults(settings)
    except SettingsError as error:
        return [Finding.fail("kafka", str(error), "see `tidemark settings`")]
    found = [fault for fault in faults if fault]
    if found and len(found) == len(faults):
        worst = min(found, key=lambda fault: not fault.lasts)
        return [Finding.fail("kafka", worst.what, worst.remedy)]
    admin = AIOKafkaAdminClient(**client_options(settings), request_timeout_ms=REQUEST_MS)
    try:
        await admin.start()
        brokers = len((await admin.describe_cluster())["brokers"])
        permitted = await check_permissions(settings)
        topics = [] if permitted.verdict is Verdict.FAIL else await _topics(admin, settings)
    except (KafkaError, OSError) as error:
        fault = silence(settings, error)
        return [Finding.fail("kafka", fault.what, fault.remedy)]
    finally:
        await admin.close()
    answers = f"{settings.kafka_brokers} answers, {brokers} broker{'' if brokers == 1 else 's'}"
    return [
        Finding.ok("kafka", answers),
        *(Finding.warn("kafka", fault.what, fault.remedy) for fault in found),
        permitted,
        *topics,
        await asyncio.to_thread(_clock, settings),
    ]


async def check_permissions(settings: Settings) -> Finding:
    """See whether our account may do what every process needs.

    Raises:
        aiokafka.errors.KafkaError: Kafka does not answer.
    """
    async with connected(settings) as client:
        for process in PROCESSES:
            found = await inspect_through(client, settings, process)
            if found.fault and found.fault.code is ExitCode.REFUSED:
                what = f"`tidemark {process}`: {found.fault.what}"
                return Finding.fail("permissions", what, found.fault.remedy)
    return Finding.ok("permissions", "this account may do what every process needs")


async def _layout(settings: Settings) -> list[Finding]:
    async with connected(settings) as client:
        layout = (await inspect_through(client, settings, "worker")).layout
    if layout is None or layout.fault is None:
        remarks = layout.remarks if layout else ()
        return [Finding.warn("topics", remark, READ_ON) for remark in remarks]
    return [Finding.fail("topics", layout.fault.what, layout.fault.remedy)]


async def _topics(admin: AIOKafkaAdminClient, settings: Settings) -> list[Finding]:
    specs = topic_specs(settings)
    described = {t["topic"]: t for t in await admin.describe_topics([s.name for s in specs])}
    missing = [spec.name for spec in specs if not described[spec.name]["partitions"]]
    if missing:
        return [Finding.fail("topics", f"missing: {', '.join(missing)}", MIGRATE)]
    misfits = await _layout(settings)
    if misfits:
        return misfits
    configs = await _configs(admin, specs)
    for spec in specs:
        partitions = described[spec.name]["partitions"]
        for difference, remedy in _differences(spec, partitions, configs[spec.name]):
            return [Finding.warn("topics", f"{spec.name}: {difference}", remedy)]
    well = f"{len(specs)} under {settings.topic_prefix}, as they should be"
    return [Finding.ok("topics", well)]


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
    from kafka.errors import ClusterAuthorizationFailedError
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
    except ClusterAuthorizationFailedError:
        who = "only an account with DESCRIBE on the cluster may ask; nothing else needs that"
        return Finding.note("kafka clock", who)
    except (AdminError, OSError, LookupError) as error:
        return Finding.note("kafka clock", f"could not be asked: {error!r}")
    told = {v["replica_id"]: v["last_fetch_timestamp"] for v in quorum["current_voters"]}
    theirs = told.get(quorum["leader_id"], -1)
    if theirs < 0:
        return Finding.note("kafka clock", "this Kafka does not tell")
    return compare("kafka clock", theirs / _MILLISECOND, before, after)
