"""Keeps processes running: what ends is started again, later each time."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from devstack.process import dying_with_parent, on_starter_thread

FIRST_WAIT: Final = 1.0
LONGEST_WAIT: Final = 30.0
STEADY_SECONDS: Final = 60.0
"""A process that has run for so long is started again as if it had never ended before."""
STOP_SECONDS: Final = 15.0


def read_procfile(file: Path) -> dict[str, str]:
    """Return the command of each process in a Procfile."""
    lines = (line.strip() for line in file.read_text().splitlines())
    entries = (line.partition(":") for line in lines if line and not line.startswith("#"))
    return {name.strip(): command.strip() for name, _, command in entries}


class Supervisor:
    """Runs one shell command for each name, and shows what they write, name before line.

    Args:
        commands: by name.
        environment: of every process.
        say: told of each process that ended by itself.
    """

    def __init__(
        self,
        commands: Mapping[str, str],
        environment: Mapping[str, str],
        say: Callable[[str], None],
    ) -> None:
        self._commands = commands
        self._environment = dict(environment)
        self._say = say
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._keepers = [
            threading.Thread(target=self._keep, args=(name,), daemon=True) for name in commands
        ]

    def start(self) -> None:
        """Start all."""
        for keeper in self._keepers:
            keeper.start()

    def wait(self) -> None:
        """Wait until they are stopped."""
        self._stopping.wait()

    def stop(self) -> None:
        """Ask all to end, and wait; what does not end in time is killed."""
        with self._lock:
            self._stopping.set()
            running = list(self._running.values())
            for process in running:
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
        for keeper in self._keepers:
            keeper.join(STOP_SECONDS)

    def _keep(self, name: str) -> None:
        wait = FIRST_WAIT
        while True:
            begun = time.monotonic()
            process = self._start(name)
            if process is None:
                return
            self._show(name, process)
            code = process.wait()
            if self._stopping.is_set():
                return
            if time.monotonic() - begun >= STEADY_SECONDS:
                wait = FIRST_WAIT
            self._say(f"{name} {ending(code)}; restarting in {wait:g} s")
            if self._stopping.wait(wait):
                return
            wait = min(2 * wait, LONGEST_WAIT)

    def _start(self, name: str) -> subprocess.Popen[bytes] | None:
        """Start a process, unless all are to end."""
        with self._lock:
            if self._stopping.is_set():
                return None
            command = [*dying_with_parent(signal.SIGTERM), "/bin/sh", "-c", self._commands[name]]
            process = on_starter_thread(
                lambda: subprocess.Popen(
                    command,
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    # A Ctrl-C reaches the owner, which passes it on once.
                    start_new_session=True,
                )
            )
            self._running[name] = process
            return process

    def _show(self, name: str, process: subprocess.Popen[bytes]) -> None:
        width = max(map(len, self._commands))
        assert process.stdout is not None  # noqa: S101
        with process.stdout as lines:
            for line in lines:
                text = line.decode(errors="replace").rstrip("\n")
                sys.stdout.write(f"{name:<{width}} | {text}\n")
                sys.stdout.flush()


def ending(code: int) -> str:
    """Return how a process ended, in words."""
    if code >= 0:
        return f"exited with code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
