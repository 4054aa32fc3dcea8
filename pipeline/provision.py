"""Make the topics: what `tidemark migrate` does in Kafka."""

import asyncio
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from pipeline.kafka import client_options
from pipeline.settings import Settings
from pipeline.topics import TopicSpec, topic_specs

REQUEST_MS: Final = 15_000
VISIBLE_SECONDS: Final = 15.0
"""How long a topic may take to reach every broker's metadata."""


class ProvisionError(RuntimeError):
    """The topics can't be made as the settings have them; the message says why."""


async def provision(settings: Settings) -> list[str]:
    """Create the topics that are missing; return their names.

    Topics that exist keep their configuration. Partitions are never added: an
    asset's events would go on in another partition, away from its state.

    Raises:
        ProvisionError: a topic has another number of partitions, or can't be made.
        aiokafka.errors.KafkaError: Kafka does not answer.
    """
    specs = topic_specs(settings)
    admin = AIOKafkaAdminClient(**client_options(settings), request_timeout_ms=REQUEST_MS)
    try:
        await admin.start()
        existing = await _partition_counts(admin, specs)
        _check(specs, existing)
        missing = [spec for spec in specs if spec.name not in existing]
        if missing:
            await _create(admin, missing)
            await _wait_for(admin, specs)
    finally:
        await admin.close()
    return [spec.name for spec in missing]


def _check(specs: list[TopicSpec], existing: dict[str, int]) -> None:
    for spec in specs:
        count = existing.get(spec.name, spec.partitions)
        if count != spec.partitions:
            raise ProvisionError(
                f"the topic {spec.name} has {count} partitions, TIDEMARK_TOPIC_PARTITIONS says "
                f"{spec.partitions}: set it to {count}, or start on another TIDEMARK_TOPIC_PREFIX"
            )


async def _partition_counts(admin: AIOKafkaAdminClient, specs: list[TopicSpec]) -> dict[str, int]:
    described: list[dict[str, Any]] = await admin.describe_topics([spec.name for spec in specs])
    return {topic["topic"]: len(topic["partitions"]) for topic in described if topic["partitions"]}


async def _create(admin: AIOKafkaAdminClient, specs: list[TopicSpec]) -> None:
    response = await admin.create_topics(
        [
            NewTopic(spec.name, spec.partitions, spec.replication, topic_configs=spec.config)
            for spec in specs
        ]
    )
    for name, code, *reason in response.topic_errors:
        error: type[KafkaError] = for_code(code)
        if code and error is not TopicAlreadyExistsError:  # another one migrates too
            raise ProvisionError(f"the topic {name}: {next(iter(reason), None) or error.__name__}")


async def _wait_for(admin: AIOKafkaAdminClient, specs: list[TopicSpec]) -> None:
    try:
        async with asyncio.timeout(VISIBLE_SECONDS):
            while len(await _partition_counts(admin, specs)) < len(specs):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise ProvisionError("Kafka took the topics but does not show them yet") from None
