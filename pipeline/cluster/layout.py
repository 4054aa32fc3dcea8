"""How many partitions the topics have, and whether that fits the state of the assets.

An asset's state lies in the changelog partition of the number that its events have in the
metrics topic: murmur2 of the asset id, modulo the number of partitions. Where somebody adds
partitions to the metrics topic, a producer that hashes over all of them sends assets away from
their state. So Tidemark goes on with the number of partitions the state was made with, its own
producers hash over that many, and the others are left alone. That is safe as long as nobody
writes to the others.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from aiokafka.partitioner import murmur2
from aiokafka.structs import TopicPartition

from pipeline.faults import ExitCode, Fault
from pipeline.settings import Settings
from pipeline.topics import Topics, changelog_topic

MIGRATE: Final = "run `tidemark migrate`"
READ_ON: Final = "see docs/kafka.md#partitions"


@dataclass(frozen=True, slots=True)
class Layout:
    """What the partitions come to.

    Attributes:
        home: how many of the metrics topic's partitions are used; 0: not known.
        fault: why events must not be judged, if so.
        remarks: what is not as it should be, and bearable.
        takes_events: whether an event that is written now goes where its asset's state is.
    """

    home: int
    fault: Fault | None = None
    remarks: tuple[str, ...] = ()
    takes_events: bool = True

    def partition_of(self, key: bytes) -> int:
        """Return the partition of the metrics topic that a key belongs to."""
        return int(murmur2(key) & 0x7FFFFFFF) % self.home


def surplus(settings: Settings, partitions: Mapping[str, int]) -> list[TopicPartition]:
    """Return the partitions of the metrics topic and of the changelog beyond those in use."""
    home = home_of(settings, partitions)
    return [
        TopicPartition(name, partition)
        for name in _keyed(settings)
        for partition in range(home, partitions.get(name, 0))
    ]


def judge(
    settings: Settings,
    partitions: Mapping[str, int],
    held: Mapping[TopicPartition, int],
    *,
    required: Collection[str] = (),
    sized: bool = True,
) -> Layout:
    """Judge the topics' numbers of partitions.

    Args:
        settings: their names and the number that is configured.
        partitions: of the topics that exist, as far as they may be described.
        held: how many records each of the `surplus` partitions holds.
        required: topics that must exist.
        sized: whether TIDEMARK_TOPIC_PARTITIONS must agree, as for the worker.
    """
    missing = [name for name in required if not partitions.get(name)]
    if missing:
        what = f"missing in Kafka: {', '.join(missing)}"
        return Layout(0, Fault(what, MIGRATE, ExitCode.UNAVAILABLE), takes_events=False)
    home = home_of(settings, partitions)
    if not home:
        return Layout(0, takes_events=False)
    metrics, changelog = _keyed(settings)
    states, strays = (
        sum(count for tp, count in held.items() if tp.topic == name)
        for name in (changelog, metrics)
    )
    fault = None
    if states:
        fault = _shrunk(metrics, home, changelog, partitions[changelog])
    elif strays:
        fault = _grown(metrics, home, partitions[metrics], strays)
    elif sized and settings.topic_partitions != home:
        fault = _other_setting(settings, home, made=changelog in partitions)
    remarks = tuple(_remarks(settings, home, partitions))
    return Layout(home, fault, remarks, takes_events=not states)


def _keyed(settings: Settings) -> tuple[str, str]:
    return Topics(settings.topic_prefix).metrics, changelog_topic(settings)


def home_of(settings: Settings, partitions: Mapping[str, int]) -> int:
    """Return how many partitions of the metrics topic are used; 0: there is no such topic."""
    return min(filter(None, (partitions.get(name) for name in _keyed(settings))), default=0)


def _shrunk(metrics: str, home: int, changelog: str, made: int) -> Fault:
    return Fault(
        f"the topic {metrics} has {home} partitions, but the state of its assets fills {made} of "
        f"{changelog}: events come in other partitions than the state they belong to",
        f"delete {metrics} and make it again with {made} (`tidemark migrate`), or start on "
        f"another TIDEMARK_TOPIC_PREFIX; {READ_ON}",
        ExitCode.MISFIT,
    )


def _grown(metrics: str, home: int, now: int, strays: int) -> Fault:
    return Fault(
        f"the topic {metrics} has {now} partitions, and {strays} events are in those beyond the "
        f"first {home}, away from the state of their assets: a producer uses all {now}",
        f"leave TIDEMARK_TOPIC_PARTITIONS at {home}, have producers use the first {home} "
        f"partitions, then run `tidemark migrate --return-events`; {READ_ON}",
        ExitCode.MISFIT,
    )


def _other_setting(settings: Settings, home: int, *, made: bool) -> Fault:
    had = "the state of the assets was made with" if made else "the topics have"
    return Fault(
        f"TIDEMARK_TOPIC_PARTITIONS is {settings.topic_partitions}, but {had} {home} partitions",
        f"set TIDEMARK_TOPIC_PARTITIONS to {home}, or start on another TIDEMARK_TOPIC_PREFIX; "
        f"{READ_ON}",
        ExitCode.MISFIT,
    )


def _remarks(settings: Settings, home: int, partitions: Mapping[str, int]) -> Iterator[str]:
    keyed = _keyed(settings)
    for name in keyed:
        count = partitions.get(name, home)
        if count != home:
            yield f"the topic {name} has {count} partitions, of which the first {home} are used"
    others = [
        f"{name} has {count}"
        for name in Topics(settings.topic_prefix).all()
        if name not in keyed and (count := partitions.get(name, home)) != home
    ]
    if others:
        yield f"{', '.join(others)} partitions, {home} are expected: this does no harm"
