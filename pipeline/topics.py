"""The Kafka topics: their names and how they are kept."""

from dataclasses import dataclass
from typing import Final

from pipeline.settings import Settings

HOUR_MS: Final = 3_600_000
BROKERS_CLOCK: Final = {"message.timestamp.type": "LogAppendTime"}
"""The broker's clock, not the producers', says when a record arrived: silence and clock skew
are judged against it, and a worker whose clock is wrong can go on writing."""


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as `tidemark migrate` creates it."""

    name: str
    partitions: int
    replication: int
    config: dict[str, str]


class Topics:
    """Names of all topics under the configured prefix."""

    def __init__(self, prefix: str) -> None:
        self.metrics = f"{prefix}.metrics"
        """Metric events in, keyed by asset id."""
        self.changes = f"{prefix}.changes"
        """Values that moved, keyed by asset id."""
        self.alerts = f"{prefix}.alerts"
        """Every step of every alert's life, keyed by asset id."""
        self.alerts_critical = f"{prefix}.alerts.critical"
        self.alerts_high = f"{prefix}.alerts.high"
        self.alerts_medium = f"{prefix}.alerts.medium"
        """Newly raised alerts of one severity, for a pager to subscribe to."""
        self.notifications = f"{prefix}.notifications"
        """Notifications for the sockets of one actor, keyed by actor."""
        self.deliveries = f"{prefix}.deliveries"
        """What becomes of each message to people, keyed by its id: what a backup can't know."""
        self.history = f"{prefix}.history"
        """Applied events, packed by batch, owed to PostgreSQL."""
        self.dead_letters = f"{prefix}.dead-letters"
        """Refused records, byte for byte, with the reason in the headers."""
        self.redriven = f"{prefix}.dead-letters.redriven"
        """Which dead letters were sent back, so that none is sent twice."""

    def all(self) -> tuple[str, ...]:
        """Every topic, inputs first."""
        return (
            self.metrics,
            self.changes,
            self.alerts,
            self.alerts_critical,
            self.alerts_high,
            self.alerts_medium,
            self.notifications,
            self.deliveries,
            self.history,
            self.dead_letters,
            self.redriven,
        )


def topic_specs(settings: Settings) -> list[TopicSpec]:
    """Return what every topic should be; the changelog is created by Faust itself."""
    topics = Topics(settings.topic_prefix)
    config = {
        "retention.ms": str(settings.topic_retention_hours * HOUR_MS),
        **BROKERS_CLOCK,
    }
    return [
        TopicSpec(name, settings.topic_partitions, settings.topic_replication, dict(config))
        for name in topics.all()
    ]


def changelog_topic(settings: Settings) -> str:
    """Return the topic that holds the state of the assets; Faust names it, and creates it."""
    return f"{settings.worker_group}-assets-changelog"
