"""The whole line as processes, two of each, restarted when they end as a supervisor would."""

import asyncio
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx

from devstack.ports import free_port
from pipeline.settings import Settings
from tests.chaos.groups import is_stable
from tests.chaos.polling import wait_for
from tests.conftest import ROOT, environment

COMMANDS: Final = ("worker", "sink", "notify", "edge")
SUPERVISOR_SECONDS: Final = 0.5
START_SECONDS: Final = 300.0
"""What processes may take to start and join on a machine with much other work."""


@dataclass
class Member:
    """One process of the line, by name (`worker-1`), through all its restarts.

    `code` is the checkout whose code it runs. One that is `held` is not restarted.
    """

    name: str
    settings: Settings
    log: Path
    code: Path = ROOT
    held: bool = False
    restarts: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def command(self) -> str:
        return self.name.partition("-")[0]

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        self.held = False
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cli.main", self.command],
                # Its folder comes first among those that modules are looked for in.
                cwd=self.code,
                env=os.environ | environment(self.settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """Kill it; the supervisor starts it again unless it is held."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def end(self, number: int, seconds: float = 60) -> int:
        """Have it end for good by a signal; return its exit code."""
        self.held = True
        self.signal(number)
        assert self.process is not None
        return self.process.wait(seconds)


@dataclass
class Line:
    """All members, and the supervisor."""

    settings: Settings
    folder: Path
    members: dict[str, Member] = field(default_factory=dict)
    _supervisor: asyncio.Task[None] | None = None

    def add(self, name: str, code: Path = ROOT, **changes: Any) -> Member:
        """Start one more process."""
        given = {
            "state_dir": self.folder / f"state-{name}",
            "metrics_port": free_port(),
            "http_port": free_port(),
        }
        settings = Settings(**(self.settings.model_dump(exclude_unset=True) | given | changes))
        member = Member(name, settings, self.folder / f"{name}.log", code)
        self.members[name] = member
        member.start()
        if self._supervisor is None:
            self._supervisor = asyncio.create_task(self._supervise())
        return member

    def add_all(self, count: int = 2, code: Path = ROOT) -> None:
        """Start so many of each."""
        for command in COMMANDS:
            for number in range(1, count + 1):
                self.add(f"{command}-{number}", code)

    def of(self, command: str) -> list[Member]:
        """Return the members that run a command."""
        return [member for member in self.members.values() if member.command == command]

    async def ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until every edge is ready, and every group has all its members."""
        async with httpx.AsyncClient() as http:
            for member in self.of("edge"):
                ready = partial(_is_ready, http, member)
                await wait_for(ready, seconds, f"{member.name} is ready")
        for command in ("worker", "sink", "notify"):
            await self.joined(command, len(self.of(command)))

    async def joined(self, command: str, count: int, seconds: float = START_SECONDS) -> None:
        """Wait until the group of a command has so many members, and has given out its work."""
        settings = self.settings
        group = {
            "worker": settings.worker_group,
            "sink": settings.sink_group,
            "notify": settings.notify_group,
        }[command]
        check = partial(is_stable, settings, group, count)
        await wait_for(check, seconds, f"{group} has {count} members")

    async def stop(self) -> None:
        """Kill everything."""
        if self._supervisor is not None:
            self._supervisor.cancel()
        for member in self.members.values():
            if member.running:
                member.kill()

    async def _supervise(self) -> None:
        while True:
            await asyncio.sleep(SUPERVISOR_SECONDS)
            for member in self.members.values():
                if not member.held and not member.running:
                    member.restarts += 1
                    member.start()

    @property
    def restarts(self) -> dict[str, int]:
        """How often the supervisor had to start each again, where it had to."""
        return {m.name: m.restarts for m in self.members.values() if m.restarts}

    def lines(self, pattern: str) -> list[str]:
        """Return the log lines, of all members, in which a pattern is found."""
        return [
            f"{member.name}: {line[:400]}"
            for member in self.members.values()
            for line in member.log.read_text(errors="replace").splitlines()
            if re.search(pattern, line)
        ]


async def _is_ready(http: httpx.AsyncClient, edge: Member) -> bool:
    try:
        answer = await http.get(f"http://127.0.0.1:{edge.settings.http_port}/readyz")
    except httpx.TransportError:
        return False
    return answer.status_code == 200
