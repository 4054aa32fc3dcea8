"""Which partition an event goes to."""

import asyncio
import sys
from typing import Any

from kafka.partitioner import Partitioner

from pipeline.cluster.inspection import inspect
from pipeline.cluster.layout import Layout
from pipeline.settings import Settings


class Placement(Partitioner):  # type: ignore[misc]
    """Puts each event into the partition that holds the state of its asset.

    That is not any partition of the topic where somebody has added some.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._layout: Layout | None = None

    def check(self) -> None:
        """Look at Kafka; say on standard error what is waited for."""
        found = asyncio.run(inspect(self._settings, "feed"))
        self._layout = found.layout if found.layout and found.layout.home else None
        if found.fault is None or (self._layout and self._layout.takes_events):
            return
        if found.fault.lasts:
            raise found.fault
        sys.stderr.write(f"tidemark: waiting: {found.fault}\n")

    def partition(
        self,
        topic: str,
        key: object,  # noqa: ARG002
        serialized_key: bytes | None,
        value: object,  # noqa: ARG002
        serialized_value: bytes | None,  # noqa: ARG002
        cluster: Any,
    ) -> int:
        """Return the partition of a record; called when Kafka has told of its partitions."""
        if self._layout is None:
            # Kafka was away at the start. What can't be seen now is no reason to ask again.
            self.check()
            self._layout = self._layout or Layout(len(cluster.partitions_for_topic(topic)))
        return self._layout.partition_of(serialized_key or b"")
