"""Keeps a process from starting, or going on, where Kafka does not let it do its work."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import structlog
from aiokafka.errors import KafkaError

from pipeline.cluster.inspection import Inspection, inspect, inspect_through, silence
from pipeline.cluster.layout import Layout
from pipeline.cluster.reach import connection_fault
from pipeline.cluster.topology import connected
from pipeline.faults import ExitCode, Fault
from pipeline.settings import Settings

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 5.0
RETRY_SECONDS: Final = 1.0
"""From one attempt to reach Kafka to the next."""
REPEAT_SECONDS: Final = 60.0
"""From one log line of the same fault to the next."""
PATIENCE: Final = 2
"""Looks in a row that must find a permission missing: ACLs reach one broker after the other."""


class Sentinel:
    """Looks at Kafka before a process starts, and every few seconds while it runs.

    Kafka being away is waited out. A fault that lasts keeps a process from starting. While it
    runs it ends for a missing permission and for partitions that do not fit; a password or a
    certificate that is refused to new connections is logged, for those that are open go on.
    """

    def __init__(self, settings: Settings, process: str) -> None:
        self.fault: Fault | None = None
        """What is wrong now."""
        self.layout: Layout | None = None
        """How the topics were laid out when they were seen last."""
        self.verdict: Fault | None = None
        """Why the process has to end."""
        self._settings = settings
        self._process = process
        self._told: tuple[Fault | None, tuple[str, ...]] = (None, ())
        self._told_at = 0.0
        self._lasted = 0
        self._looked = asyncio.Event()

    async def admit(self) -> None:
        """Return once the process may work.

        Raises:
            Fault: it may not, and waiting would be of no use.
            SettingsError: what secures the connection can't be used.
        """
        while True:
            found = await inspect(self._settings, self._process)
            if found.fault and found.fault.lasts:
                raise found.fault
            self._take(found)
            if found.fault is None:
                return
            await asyncio.sleep(RETRY_SECONDS)

    async def looked(self) -> None:
        """Wait for the first look."""
        await self._looked.wait()

    async def watch(self, end: Callable[[], None] | None = None) -> None:
        """Look until cancelled, or until the process has to end: then call `end`."""
        while not (self.verdict and end):
            try:
                async with connected(self._settings) as client:
                    while not (self.verdict and end):
                        self._take(await inspect_through(client, self._settings, self._process))
                        await asyncio.sleep(LOOK_SECONDS)
            except (KafkaError, OSError) as error:
                fault = await connection_fault(self._settings) or silence(self._settings, error)
                self._take(Inspection(fault, connected=False))
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:
                # What nobody foresaw must not end the watch.
                log.exception("looking at Kafka failed")
                await asyncio.sleep(LOOK_SECONDS)
        end()

    def _take(self, found: Inspection) -> None:
        self.fault = found.fault
        self.layout = found.layout or self.layout
        self._looked.set()
        self._tell(found)
        if not (found.connected and found.fault and found.fault.lasts):
            self._lasted = 0
            return
        self._lasted += 1
        if self._lasted >= PATIENCE or found.fault.code is ExitCode.MISFIT:
            self.verdict = found.fault

    def _tell(self, found: Inspection) -> None:
        """Log what has changed, and once a minute a fault that has not."""
        remarks = found.layout.remarks if found.layout else ()
        now, told = time.monotonic(), self._told
        again = found.fault and now - self._told_at > REPEAT_SECONDS
        if (found.fault, remarks) == told and not again:
            return
        self._told, self._told_at = (found.fault, remarks), now
        if found.fault:
            write = log.error if found.fault.lasts else log.warning
            write("Kafka can't be used", fault=found.fault.what, remedy=found.fault.remedy)
        elif told[0]:
            log.info("Kafka can be used again")
        if remarks != told[1]:
            for remark in remarks:
                log.warning("the topics are not as expected", remark=remark)
