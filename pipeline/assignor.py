"""Partitions for the members of a group, without those that an operator has added."""

from collections.abc import Collection
from typing import Any

from aiokafka.cluster import ClusterMetadata
from faust.assignor import PartitionAssignor


class _FirstPartitions:
    """A cluster some topics of which have no more than so many partitions.

    One that has fewer has none: the state of its assets is in partitions that are missing.
    """

    def __init__(self, cluster: ClusterMetadata, topics: Collection[str], limit: int) -> None:
        self._cluster = cluster
        self._topics = topics
        self._limit = limit

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        """Return the partitions to assign."""
        found: set[int] | None = self._cluster.partitions_for_topic(topic)
        if topic not in self._topics or not found:
            return found
        first = set(range(self._limit))
        return first if first <= found else None


def first_partitions(topics: Collection[str], limit: int) -> type[PartitionAssignor]:
    """Return an assignor that hands out the first `limit` partitions of `topics` alone.

    The others are as they are.
    """

    class FirstPartitionsAssignor(PartitionAssignor):  # type: ignore[misc]
        def _perform_assignment(self, cluster: ClusterMetadata, members: Any) -> Any:
            return super()._perform_assignment(_FirstPartitions(cluster, topics, limit), members)

    return FirstPartitionsAssignor
