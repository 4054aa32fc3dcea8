"""One look at Kafka on behalf of a process: may it, and do the topics fit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError, for_code
from aiokafka.structs import TopicPartition

from pipeline.cluster.access import access_fault, needs_of
from pipeline.cluster.layout import Layout, judge, surplus
from pipeline.cluster.reach import connection_fault
from pipeline.cluster.topology import CREATE, Described, connected, describe_group, describe_topics
from pipeline.faults import ExitCode, Fault
from pipeline.kafka import client_options
from pipeline.settings import Settings
from pipeline.topics import Topics, changelog_topic

SIZED = frozenset({"worker", "migrate"})
"""Processes that must know the number of partitions from the settings."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found: a fault that keeps the process from working, if any, and the layout."""

    fault: Fault | None = None
    layout: Layout | None = None
    connected: bool = True
    """Kafka let us in; the fault is what we may do there, or how its topics are."""


async def inspect(settings: Settings, process: str) -> Inspection:
    """Connect, look for everything that `process` needs, and disconnect.

    Raises:
        SettingsError: what secures the connection can't be used.
    """
    fault = await connection_fault(settings)
    if fault is not None:
        return Inspection(fault, connected=False)
    try:
        async with connected(settings) as client:
            return await inspect_through(client, settings, process)
    except (KafkaError, OSError) as error:
        return Inspection(silence(settings, error), connected=False)


async def inspect_through(client: AIOKafkaClient, settings: Settings, process: str) -> Inspection:
    """Look through a connection that is there.

    Raises:
        aiokafka.errors.KafkaError: Kafka does not answer.
    """
    needs = needs_of(process, settings)
    names = {*needs.topics, *Topics(settings.topic_prefix).all(), changelog_topic(settings)}
    topics = await describe_topics(client, sorted(names))
    if process == "worker":
        changelog = changelog_topic(settings)
        topics[changelog] = await _with_creation(settings, changelog, topics[changelog])
    groups = {group: await describe_group(client, group) for group in needs.groups}
    denied = access_fault(settings, needs, topics, groups)
    partitions = {name: topic.partitions for name, topic in topics.items() if topic.partitions}
    required = sorted(needs.topics.keys() - {changelog_topic(settings)})
    held = await _held(settings, surplus(settings, partitions))
    layout = judge(
        settings,
        partitions,
        held,
        required=() if process == "migrate" else required,
        sized=process in SIZED,
    )
    return Inspection(denied or layout.fault, layout)


def silence(settings: Settings, error: Exception) -> Fault:
    """Return the fault of a Kafka that let us in and then failed us."""
    said = str(error) or type(error).__name__
    return Fault(
        f"Kafka at {settings.kafka_brokers} does not answer: {said}",
        "see that its brokers run",
        ExitCode.UNAVAILABLE,
    )


async def _with_creation(settings: Settings, topic: str, described: Described) -> Described:
    """Add the right to create `topic` that a right to the whole cluster gives."""
    if described.partitions is not None or CREATE in described.allowed:
        return described
    may = await _may_create(settings, topic)
    return described._replace(allowed=described.allowed | {CREATE}) if may else described


async def _may_create(settings: Settings, topic: str) -> bool:
    admin = AIOKafkaAdminClient(**client_options(settings))
    try:
        await admin.start()
        answer = await admin.create_topics([NewTopic(topic, 1, 1)], validate_only=True)
    finally:
        await admin.close()
    return not any(
        for_code(code) is TopicAuthorizationFailedError for _, code, *_ in answer.topic_errors
    )


async def _held(
    settings: Settings, partitions: Sequence[TopicPartition]
) -> Mapping[TopicPartition, int]:
    if not partitions:
        return {}
    async with AIOKafkaConsumer(**client_options(settings)) as consumer:
        begins = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
    return {tp: ends[tp] - begins[tp] for tp in partitions}
