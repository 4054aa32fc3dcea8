"""Topics and groups as Kafka describes them to us, with what we may do with each."""

import asyncio
from collections.abc import Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NotCoordinatorForGroupError,
    for_code,
)
from aiokafka.protocol.admin import DescribeGroupsRequest_v3, DescribeGroupsResponse_v3
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Int16, Int32, Schema, String

from pipeline.kafka import client_options
from pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

REQUEST_MS: Final = 5000
LOOKUPS, LOOKUP_SECONDS = 20, 0.2
NO_ERROR, UNKNOWN_TOPIC, TOPIC_DENIED = 0, 3, 29
READ, WRITE, CREATE, DELETE, DESCRIBE = 3, 4, 5, 6, 8
"""Operations of ACLs, by their numbers in Kafka's protocol."""


class Described(NamedTuple):
    """A topic or a group: its partitions and what we may do; both empty where we may not look.

    `partitions` is None where there is no such topic.
    """

    partitions: int | None
    allowed: frozenset[int]


@asynccontextmanager
async def connected(settings: Settings) -> "AsyncIterator[AIOKafkaClient]":
    """Connect to Kafka.

    Raises:
        aiokafka.errors.KafkaError: no broker lets us in.
        SettingsError: what secures the connection can't be used.
    """
    client = AIOKafkaClient(**client_options(settings), request_timeout_ms=REQUEST_MS)
    try:
        await client.bootstrap()
        yield client
    finally:
        await client.close()


async def describe_topics(client: AIOKafkaClient, names: Sequence[str]) -> dict[str, Described]:
    """Return every one of the topics, also those that do not exist or may not be described.

    Raises:
        aiokafka.errors.KafkaError: Kafka does not answer.
    """
    answer = await client.send(client.get_random_node(), _Metadata(names))
    found = {}
    for code, name, _internal, partitions, operations in answer.topics:
        if code not in {NO_ERROR, UNKNOWN_TOPIC, TOPIC_DENIED}:
            raise for_code(code)(f"the topic {name}")
        missing, denied = code == UNKNOWN_TOPIC, code == TOPIC_DENIED
        allowed = frozenset() if denied else _operations(operations)
        found[name] = Described(None if missing else len(partitions), allowed)
    return found


async def describe_group(client: AIOKafkaClient, group: str) -> Described:
    """Return a group; one that has no member and no offset exists all the same.

    Raises:
        aiokafka.errors.KafkaError: Kafka does not answer, or has no coordinator yet.
    """
    for _ in range(LOOKUPS):
        try:
            return await _describe_group(client, group)
        except GroupAuthorizationFailedError:
            return Described(0, frozenset())
        except (
            GroupCoordinatorNotAvailableError,
            GroupLoadInProgressError,
            NotCoordinatorForGroupError,
        ):
            # It moves, or Kafka makes its topic of groups, as it does the first time.
            await asyncio.sleep(LOOKUP_SECONDS)
    raise GroupCoordinatorNotAvailableError(f"the group {group} has no coordinator")


async def _describe_group(client: AIOKafkaClient, group: str) -> Described:
    node = await client.coordinator_lookup(CoordinationType.GROUP, group)
    answer = await client.send(node, _DescribeGroup(group))
    code, *_, operations = answer.groups[0]
    if code:
        raise for_code(code)(f"the group {group}")
    return Described(0, _operations(operations))


def _operations(bits: int) -> frozenset[int]:
    return frozenset(bit for bit in range(31) if bits >> bit & 1)


class _MetadataAnswer(Response):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 8
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            Array(
                ("node_id", Int32), ("host", String("utf-8")),
                ("port", Int32), ("rack", String("utf-8")),
            ),
        ),
        ("cluster_id", String("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            Array(
                ("error_code", Int16),
                ("topic", String("utf-8")),
                ("is_internal", Boolean),
                (
                    "partitions",
                    Array(
                        ("error_code", Int16), ("partition", Int32), ("leader", Int32),
                        ("leader_epoch", Int32), ("replicas", Array(Int32)),
                        ("isr", Array(Int32)), ("offline_replicas", Array(Int32)),
                    ),
                ),
                ("authorized_operations", Int32),
            ),
        ),
        ("cluster_authorized_operations", Int32),
    )  # fmt: skip


class _MetadataQuestion(RequestStruct):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 8
    RESPONSE_TYPE = _MetadataAnswer
    SCHEMA = Schema(
        ("topics", Array(String("utf-8"))),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
    )


class _Metadata(Request[_MetadataQuestion]):  # type: ignore[misc]
    """Metadata with the operations we may perform, which aiokafka's own version lacks."""

    API_KEY = 3

    def __init__(self, topics: Sequence[str]) -> None:
        self._topics = list(topics)

    def build(self, request: type[_MetadataQuestion]) -> Any:
        return request(self._topics, False, False, True)


class _GroupQuestion(DescribeGroupsRequest_v3):  # type: ignore[misc]
    """aiokafka reads the answer as that of version 2, without the operations."""

    RESPONSE_TYPE = DescribeGroupsResponse_v3


class _DescribeGroup(Request[_GroupQuestion]):  # type: ignore[misc]
    API_KEY = 15

    def __init__(self, group: str) -> None:
        self._group = group

    def build(self, request: type[_GroupQuestion]) -> Any:
        return request([self._group], True)
