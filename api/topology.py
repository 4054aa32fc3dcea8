"""What Kafka says of itself and of the topics."""

from collections.abc import Sequence
from typing import NamedTuple

from aiokafka.admin import AIOKafkaAdminClient

from pipeline.kafka import client_options
from pipeline.settings import Settings

REQUEST_MS = 5000


class TopicsMissing(Exception):
    """`tidemark migrate` has not made the topics yet."""


class Topology(NamedTuple):
    """The cluster's id and how many partitions each topic has."""

    cluster: str
    partitions: dict[str, int]


async def read_topology(settings: Settings, topics: Sequence[str]) -> Topology:
    """Ask Kafka.

    Raises:
        TopicsMissing: one of `topics` is not there.
        aiokafka.errors.KafkaError: Kafka does not answer.
    """
    admin = AIOKafkaAdminClient(**client_options(settings), request_timeout_ms=REQUEST_MS)
    try:
        await admin.start()
        cluster = await admin.describe_cluster()
        found = {t["topic"]: len(t["partitions"]) for t in await admin.describe_topics([*topics])}
    finally:
        await admin.close()
    for topic in topics:
        if not found.get(topic):
            raise TopicsMissing(f"the topic {topic} does not exist; run `tidemark migrate`")
    return Topology(cluster["cluster_id"], found)
