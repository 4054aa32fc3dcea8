"""Names that come out the same however often an event is processed."""

from typing import Final
from uuid import UUID, uuid5

TIDEMARK_NAMESPACE: Final = UUID("6f1d2a54-7c0e-5b7a-9a34-2f0c8e4b1d96")
"""Root of every UUIDv5 that Tidemark derives. Changing it makes every replay a new event."""


def derived_event_id(topic: str, partition: int, offset: int) -> UUID:
    """Return the id of an event that came without one: its place in Kafka.

    `topic` is Kafka's id of the topic rather than its name, where that is known: the events of
    a topic that was deleted and created again are others at the same offsets.
    """
    return uuid5(TIDEMARK_NAMESPACE, f"{topic}-{partition}-{offset}")


def alert_id(event_id: UUID, rule: str) -> UUID:
    """Return the id of the alert that `rule` raises over an event."""
    return uuid5(event_id, rule)


def step_id(alert: UUID, step: str) -> UUID:
    """Return the id of one step in an alert's life, such as `raised` or `resolved`."""
    return uuid5(alert, step)


def fingerprint(event_id: UUID) -> int:
    """Fold an event id to 64 bits.

    Both halves take part, since some UUID versions keep one half constant.
    """
    number = event_id.int
    return (number >> 64) ^ (number & 0xFFFF_FFFF_FFFF_FFFF)
