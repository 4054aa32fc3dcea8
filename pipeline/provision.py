"""Make the topics: what `tidemark migrate` does in Kafka."""

import asyncio
from collections import defaultdict
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    InvalidReplicationFactorError,
    KafkaError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    for_code,
)

from pipeline.cluster.access import principal
from pipeline.cluster.inspection import inspect
from pipeline.faults import ExitCode, Fault
from pipeline.kafka import client_options
from pipeline.settings import Settings
from pipeline.topics import TopicSpec, topic_specs

REQUEST_MS: Final = 15_000
VISIBLE_SECONDS: Final = 15.0
"""How long a topic may take to reach every broker's metadata."""


async def provision(settings: Settings) -> list[str]:
    """Create the topics that are missing; return their names.

    Topics that exist keep their configuration. Partitions are never added: an
    asset's events would go on in another partition, away from its state.

    Raises:
        Fault: Kafka does not let us, or the topics that exist do not fit the settings.
        aiokafka.errors.KafkaError: Kafka does not answer.
    """
    found = await inspect(settings, "migrate")
    if found.fault:
        raise found.fault
    specs = topic_specs(settings)
    admin = AIOKafkaAdminClient(**client_options(settings), request_timeout_ms=REQUEST_MS)
    try:
        await admin.start()
        existing = await _partition_counts(admin, specs)
        missing = [spec for spec in specs if spec.name not in existing]
        if missing:
            await _create(admin, missing, settings)
            await _wait_for(admin, specs)
    finally:
        await admin.close()
    return [spec.name for spec in missing]


async def _partition_counts(admin: AIOKafkaAdminClient, specs: list[TopicSpec]) -> dict[str, int]:
    described: list[dict[str, Any]] = await admin.describe_topics([spec.name for spec in specs])
    return {topic["topic"]: len(topic["partitions"]) for topic in described if topic["partitions"]}


async def _create(admin: AIOKafkaAdminClient, specs: list[TopicSpec], settings: Settings) -> None:
    response = await admin.create_topics(
        [
            NewTopic(spec.name, spec.partitions, spec.replication, topic_configs=spec.config)
            for spec in specs
        ]
    )
    failed: dict[int, list[str]] = defaultdict(list)
    reasons = {}
    for name, code, *reason in response.topic_errors:
        if code and for_code(code) is not TopicAlreadyExistsError:  # another one migrates too
            failed[code].append(name)
            reasons[code] = next(iter(reason), None) or for_code(code).__name__
    for code, names in failed.items():
        raise _creation_fault(settings, for_code(code), names, reasons[code])


def _creation_fault(
    settings: Settings, error: type[KafkaError], names: list[str], reason: str
) -> Fault:
    topics = f"the topic{'s' if len(names) > 1 else ''} {', '.join(names)}"
    if error is TopicAuthorizationFailedError:
        what = f"{principal(settings)} may not create {topics}"
        return Fault(what, "add the ACL CREATE (see docs/kafka.md)", ExitCode.REFUSED)
    remedy = "correct the setting that Kafka refuses"
    if error is InvalidReplicationFactorError:
        remedy = "set TIDEMARK_TOPIC_REPLICATION to at most the number of brokers"
    return Fault(f"Kafka can't create {topics}: {reason.rstrip('.')}", remedy, ExitCode.MISFIT)


async def _wait_for(admin: AIOKafkaAdminClient, specs: list[TopicSpec]) -> None:
    try:
        async with asyncio.timeout(VISIBLE_SECONDS):
            while len(await _partition_counts(admin, specs)) < len(specs):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise Fault(
            "Kafka took the topics but does not show them yet",
            "run `tidemark migrate` again",
            ExitCode.UNAVAILABLE,
        ) from None
