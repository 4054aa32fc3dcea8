"""Batches of one partition, in the order in which they may be worked on and committed."""

import asyncio
from collections import deque
from typing import Self

from pipeline.record import Record


class Batch:
    """Consecutive records of one partition, delivered and acknowledged as one.

    `start` and `end` are the positions of the consumer before and after it took the records.
    Offsets in between without a record belong to no event: Kafka has compacted them away, or
    they are markers of transactions.
    """

    __slots__ = (
        "acknowledged", "end", "lane", "partition", "records", "start", "task", "topic", "topic_id",
    )  # fmt: skip

    def __init__(
        self,
        topic: str,
        partition: int,
        records: list[Record],
        start: int | None = None,
        end: int | None = None,
    ) -> None:
        self.topic = topic
        self.partition = partition
        self.records = records
        self.start = records[0].offset if start is None else start
        self.end = records[-1].offset + 1 if end is None else end
        self.acknowledged = False
        self.lane: Lane | None = None
        self.task: asyncio.Task[None] | None = None
        self.topic_id: str | None = None
        """Kafka's id of the topic; a topic that is deleted and created again has another."""

    @property
    def refused(self) -> bool:
        """Whether this batch must not be begun: one before it was not finished."""
        return self.lane is not None and self.lane.closed

    def acknowledge(self) -> None:
        """Allow the offsets of this batch to be committed."""
        self.acknowledged = True

    def abandon(self) -> None:
        """Give this batch up; nothing that follows it in its partition is begun."""
        if self.lane is not None:
            self.lane.close()


class Lane:
    """What is delivered of one partition from the position the consumer went to.

    Batches are delivered, begun and committed without a gap, in order. When one is abandoned,
    or delivery is to end, the lane is closed for good: the consumer goes back to the committed
    offset and opens a new lane there.
    """

    __slots__ = ("batches", "closed", "position", "topic_id")

    def __init__(self, position: int, topic_id: str | None = None) -> None:
        self.position = position
        self.topic_id = topic_id
        self.closed = False
        self.batches: deque[Batch] = deque()

    @classmethod
    def none(cls) -> Self:
        """Return a lane in which nothing is delivered: the consumer has not gone anywhere yet."""
        lane = cls(0)
        lane.close()
        return lane

    def close(self) -> None:
        """Begin nothing more. What is in work may be finished, acknowledged and committed."""
        self.closed = True

    def deliver(self, batch: Batch) -> None:
        """Take in the next batch."""
        batch.lane, batch.topic_id = self, self.topic_id
        self.batches.append(batch)
        self.position = batch.end

    def committable(self) -> int | None:
        """Return the offset before which everything is acknowledged, None if nothing is."""
        batches = self.batches
        # The last acknowledged batch stays, so that a commit that failed is tried again.
        while len(batches) > 1 and batches[0].acknowledged and batches[1].acknowledged:
            batches.popleft()
        return batches[0].end if batches and batches[0].acknowledged else None

    def in_work(self) -> list["asyncio.Task[None]"]:
        """Return the tasks of the batches that were begun and are not finished."""
        tasks = (batch.task for batch in self.batches)
        return [task for task in tasks if task is not None and not task.done()]

    def is_done(self) -> bool:
        """Say whether everything delivered is acknowledged, and more may come."""
        return not self.closed and all(batch.acknowledged for batch in self.batches)
