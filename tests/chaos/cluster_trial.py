"""One fault in the whole line on three brokers, under load, compared to the record."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psycopg
from aiokafka.structs import ConsumerRecord

from pipeline.settings import Settings
from tests.chaos.cluster import Cluster
from tests.chaos.comparison import PAGED, differences, due_in_kafka
from tests.chaos.groups import caught_up
from tests.chaos.line import Line
from tests.chaos.listener import Listener
from tests.chaos.load import Load
from tests.chaos.oracle import Due
from tests.chaos.polling import came_true
from tests.chaos.table import tell
from tests.integration.notifications.conftest import Receiver

BEFORE, AFTER = 4.0, 4.0
"""Seconds of load before a fault begins, and after it has ended."""
SETTLE_SECONDS = 300.0
"""What catching up may take on a machine with other work."""
DELIVERY_SECONDS = 900.0
"""What sending all messages may take: two of five events alert."""


@dataclass
class ClusterTrial:
    """One scenario. `line` holds no process until `begin`, unless the scenario adds some."""

    name: str
    cluster: Cluster
    settings: Settings
    line: Line
    receiver: Receiver
    listeners: list[Listener] = field(default_factory=list)
    deleted: list[ConsumerRecord] = field(default_factory=list)
    """What the metrics topic held before a scenario deleted it."""
    load: Load = field(init=False)

    def __post_init__(self) -> None:
        self.load = Load(self.settings)

    async def begin(self) -> None:
        """Start two of everything (or use what runs) and two sockets."""
        if not self.line.members:
            self.line.add_all()
        await self.line.ready()
        ports = [edge.settings.http_port for edge in self.line.of("edge")]
        self.listeners = [Listener(ports[number:] + ports[:number]) for number in range(2)]
        for listener in self.listeners:
            await listener.start()

    @asynccontextmanager
    async def fault(self) -> AsyncIterator[None]:
        """Break things in the body, under load; then compare everything, since the beginning."""
        if not self.listeners:
            await self.begin()
        self.load.start()
        await asyncio.sleep(BEFORE)
        began = time.monotonic()
        yield
        over = time.monotonic()
        await asyncio.sleep(AFTER)
        await self.load.stop()
        found = await self.settle()
        tell(self.name, over - began, time.monotonic() - over)
        self._report(found)
        assert not found, "\n".join(found)

    async def settle(self) -> list[str]:
        """Wait until everybody has caught up; return what differs from what is due."""
        await self.cluster.whole(SETTLE_SECONDS)
        await caught_up(self.settings, SETTLE_SECONDS)
        due = await due_in_kafka(self.settings, self.load.acknowledged, self.deleted)
        await self._delivered()
        await self._heard(due)
        return await differences(self.settings, due, self.listeners, self.receiver.received)

    async def _delivered(self) -> None:
        """Wait until no message waits to be sent; if it is late, the comparison says so."""
        url = self.settings.database_url.get_secret_value()
        query = (
            "SELECT (SELECT count(*) FROM notification_deliveries"
            " WHERE state IN ('pending', 'sending')), (SELECT count(*) FROM quality_alerts_realtime"
            " WHERE severity = ANY (%s)) - (SELECT count(*) FROM notification_deliveries)"
        )

        async def idle() -> bool:
            async with await psycopg.AsyncConnection.connect(url) as connection:
                row = await (await connection.execute(query, (list(PAGED),))).fetchone()
            return row == (0, 0)

        await came_true(idle, DELIVERY_SECONDS)

    async def _heard(self, due: Due) -> None:
        async def all_heard() -> bool:
            return all(len(one.steps) >= due.alerts.total() for one in self.listeners)

        await came_true(all_heard, 60)
        # What comes twice comes now.
        await asyncio.sleep(1)

    def _report(self, found: list[str]) -> None:
        load, line = self.load, self.line
        sys.stdout.write(
            f"\n{self.name}: {len(load.acknowledged)} events acknowledged, {load.failed} not, "
            f"{len(self.receiver.received)} requests received, "
            f"{[one.connections for one in self.listeners]} connections, "
            f"restarts {line.restarts}, load of the machine {os.getloadavg()[0]:.1f}\n"
        )
        for line_of_log in line.lines("batch abandoned|PartitionShared|Traceback") if found else ():
            sys.stdout.write(f"  {line_of_log}\n")
