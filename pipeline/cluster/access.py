"""May we do in Kafka what our work needs: topics read and written, groups joined and watched."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pipeline.cluster.topology import CREATE, DESCRIBE, READ, WRITE, Described
from pipeline.faults import ExitCode, Fault
from pipeline.flow import stages
from pipeline.settings import Settings
from pipeline.topics import Topics, changelog_topic

NAMES: Final = {READ: "READ", WRITE: "WRITE", CREATE: "CREATE", DESCRIBE: "DESCRIBE"}


@dataclass(frozen=True, slots=True)
class Needs:
    """The operations that a process needs, by topic and by consumer group.

    CREATE is needed of what does not exist yet.
    """

    topics: Mapping[str, set[int]] = field(default_factory=dict)
    groups: Mapping[str, set[int]] = field(default_factory=dict)


def needs_of(process: str, settings: Settings) -> Needs:
    """Return what the `tidemark` command `process` needs."""
    names = Topics(settings.topic_prefix)
    topics: dict[str, set[int]] = defaultdict(set)
    for stage in stages(names):
        if stage.process == process:
            for name in stage.reads:
                topics[name] |= {READ, DESCRIBE}
            for name in stage.writes:
                topics[name] |= {WRITE, DESCRIBE}
    own = {
        "worker": settings.worker_group,
        "sink": settings.sink_group,
        "notify": settings.notify_group,
    }
    groups = {own[process]: {READ, DESCRIBE}} if process in own else {}
    if process == "worker":
        topics[changelog_topic(settings)] |= {READ, WRITE, CREATE, DESCRIBE}
    if process == "migrate":
        # Whether it may create topics is seen when it does: a right to the whole cluster will do.
        topics.update((name, {DESCRIBE}) for name in names.all())
    if process == "edge":
        groups = {group: {DESCRIBE} for group in own.values()}
        for name in (names.metrics, names.history, names.dead_letters, changelog_topic(settings)):
            topics[name].add(DESCRIBE)
    return Needs(topics, groups)


def access_fault(
    settings: Settings,
    needs: Needs,
    topics: Mapping[str, Described],
    groups: Mapping[str, Described],
) -> Fault | None:
    """Return the fault that names every permission we lack, or None."""
    lacking: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for kind, needed, found in (("topic", needs.topics, topics), ("group", needs.groups, groups)):
        for name, operations in needed.items():
            missing = _missing(operations, found[name])
            if missing:
                lacking[kind, *missing].append(name)
    if not lacking:
        return None
    told = "; ".join(
        f"{_listed(operations)} on the {kind}{'s' if len(names) > 1 else ''} {_listed(names)}"
        for (kind, *operations), names in lacking.items()
    )
    return Fault(
        f"{principal(settings)} lacks in Kafka: {told}",
        "add the ACLs (docs/kafka.md lists them all)",
        ExitCode.REFUSED,
    )


def principal(settings: Settings) -> str:
    """Return whom Kafka takes us for, for messages."""
    if settings.kafka_security_protocol.startswith("SASL"):
        return f"the user {settings.kafka_username!r}"
    return "this client, which names no user,"


def _missing(operations: set[int], described: Described) -> list[str]:
    if described.partitions is not None:
        operations = operations - {CREATE}
    return [NAMES[one] for one in sorted(operations) if one not in described.allowed]


def _listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
