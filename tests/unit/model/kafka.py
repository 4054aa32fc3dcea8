"""A Kafka in memory that takes what the worker writes, and can fail before any write."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from pipeline.positions import Extent


class Crash(BaseException):
    """The process ends here. No `except Exception` holds it up."""


@dataclass
class Entry:
    key: bytes | None
    value: bytes | None
    offset: int
    timestamp: int = 0
    headers: tuple[tuple[str, bytes], ...] = ()


class Building:
    """A record batch in the making."""

    MOST = 5  # so that one write takes several requests, with room for a crash between them

    def __init__(self) -> None:
        self.records: list[tuple[bytes | None, bytes | None, Any]] = []

    def append(self, *, key: Any, value: Any, timestamp: int, headers: Any) -> bool | None:
        if len(self.records) == self.MOST:
            return None
        self.records.append((key, value, headers))
        return True

    def record_count(self) -> int:
        return len(self.records)

    def close(self) -> None:
        pass


@dataclass
class FakeKafka:
    """Logs by topic and partition. `lives` counts the writes left before the crash."""

    logs: dict[tuple[str, int], list[Entry]] = field(default_factory=lambda: defaultdict(list))
    lives: int = 1 << 30
    after_write: bool = False
    held_back: list[tuple[tuple[str, int], Building]] = field(default_factory=list)
    created: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    """How often each topic was created again."""

    def extent(self, place: tuple[str, int]) -> Extent:
        topic, partition = place
        number = self.created[topic, partition]
        return Extent(f"{topic} {number}", 0, len(self.logs[topic, partition]))

    def recreate(self, place: tuple[str, int]) -> None:
        """Delete a topic and create it again; what was sent to it before is gone as well."""
        self.logs[place] = []
        self.created[place] += 1
        self.held_back = [(to, batch) for to, batch in self.held_back if to != place]

    def create_batch(self) -> Building:
        return Building()

    async def partitions_for(self, topic: str) -> set[int]:
        return {0, 1}

    async def send_batch(self, batch: Building, topic: str, *, partition: int) -> Any:
        self.lives -= 1
        place = (topic, partition)
        if self.lives < 0 and not self.after_write:
            self.held_back.append((place, batch))
            raise Crash
        offset = self.append(place, batch)
        if self.lives < 0:
            raise Crash
        done = asyncio.get_running_loop().create_future()
        done.set_result(SimpleNamespace(offset=offset))
        return done

    def append(self, place: tuple[str, int], batch: Building) -> int:
        """Append as Kafka does; return the first record's offset."""
        log = self.logs[place]
        first = len(log)
        for key, value, headers in batch.records:
            log.append(Entry(key, value, len(log), headers=tuple(headers)))
        return first

    def deliver_late(self, topic: str) -> None:
        """What the dead worker had sent to a topic arrives after all, behind its successor's."""
        for place, batch in self.held_back:
            if place[0] == topic:
                self.append(place, batch)
        self.held_back.clear()
