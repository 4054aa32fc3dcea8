"""Where an event was when: read back from Kafka, whose broker stamps what it takes.

So a measurement is not disturbed by watching it. Moments are seconds since 1970, those of the
broker in whole milliseconds.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import quantiles
from typing import NamedTuple

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from pipeline.settings import Settings
from pipeline.topics import Topics

SLOW_SECONDS = 0.05
"""An event that takes longer is told of."""
PAUSE_SECONDS = 0.2
"""Slow events that are further apart had different causes."""


class Stamped(msgspec.Struct):
    """What an event and its change have in common: when it was made, to the microsecond."""

    timestamp: str


class Journey(NamedTuple):
    """Moments of one event."""

    made: float
    in_kafka: float
    """The broker has taken the event: until then generator, client and broker."""
    change_in_kafka: float
    """The broker has taken its change: until then the worker and the broker."""
    delivered: float
    """Its last client has read it: until then the edge and the clients' process."""


STAGES = ("to Kafka", "worker", "edge")


async def journeys(
    settings: Settings, made: Mapping[str, float], delivered: Mapping[str, float]
) -> list[Journey]:
    """Return the journeys of events, by timestamp, that were made and last delivered then."""
    topics = Topics(settings.topic_prefix)
    entered = await appended(settings, topics.metrics)
    changed = await appended(settings, topics.changes)
    return [
        Journey(moment, entered[stamp], changed[stamp], delivered[stamp])
        for stamp, moment in made.items()
    ]


async def appended(settings: Settings, topic: str) -> dict[str, float]:
    """Return when the broker took each record of a topic, by the event's timestamp."""
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka_brokers)
    await consumer.start()
    try:
        found: dict[str, float] = {}
        partitions = [TopicPartition(topic, number) for number in range(settings.topic_partitions)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning()
        decode = msgspec.json.Decoder(Stamped).decode
        for partition, end in (await consumer.end_offsets(partitions)).items():
            while await consumer.position(partition) < end:
                for record in (await consumer.getmany(partition, timeout_ms=1000)).get(
                    partition, []
                ):
                    found[decode(record.value).timestamp] = record.timestamp / 1000
        return found
    finally:
        await consumer.stop()


def report(found: Sequence[Journey]) -> None:
    """Print what each stage takes, and when and where events were slow."""
    for name, taken in zip(STAGES, zip(*map(_parts, found), strict=True), strict=True):
        cuts = quantiles(taken, n=1000)
        print(
            f"{name:10} p50 {cuts[499] * 1e3:6.1f} ms, p99 {cuts[989] * 1e3:6.1f} ms, "
            f"p99.9 {cuts[998] * 1e3:6.1f} ms, max {max(taken) * 1e3:6.0f} ms"
        )
    start = min(journey.made for journey in found)
    for episode in _episodes(found):
        worst = max(episode, key=lambda journey: journey.delivered - journey.made)
        parts = ", ".join(
            f"{name} {part * 1e3:.0f}" for name, part in zip(STAGES, _parts(worst), strict=True)
        )
        print(f"at {worst.made - start:6.2f} s {len(episode):5} slow, the worst: {parts} ms")


def _parts(journey: Journey) -> tuple[float, ...]:
    return tuple(later - earlier for earlier, later in pairwise(journey))


def _episodes(found: Sequence[Journey]) -> list[list[Journey]]:
    episodes: list[list[Journey]] = []
    for journey in sorted(found):
        if journey.delivered - journey.made < SLOW_SECONDS:
            continue
        if not episodes or journey.made - episodes[-1][-1].made > PAUSE_SECONDS:
            episodes.append([])
        episodes[-1].append(journey)
    return episodes
