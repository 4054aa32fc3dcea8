"""A server process that dies with its owner, and is found again if it did not."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import TypeVar

import psutil

from devstack.accounts import Account
from devstack.errors import DevstackError

_T = TypeVar("_T")

# Linux signals "your parent died" when the *thread* that started the child ends,
# so children are started from threads that live as long as the interpreter.
_starters = ThreadPoolExecutor(max_workers=8, thread_name_prefix="devstack")


def on_starter_thread(work: Callable[[], _T]) -> _T:
    """Run `work` on a thread that outlives every caller, and return its result."""
    return _starters.submit(work).result()


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a server.

    `mark` is a part of the command line that no other process has (the data
    directory): it proves that a pid found in `pid_file` is still this server.
    """

    name: str
    command: Sequence[str]
    mark: str
    pid_file: Path
    log_file: Path
    stop_signal: signal.Signals
    account: Account | None = None
    environment: dict[str, str] | None = None


class ServerProcess:
    """One run of a server."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        end_orphan(launch)
        with launch.log_file.open("wb") as log:
            self._child = subprocess.Popen(
                [*dying_with_parent(launch.stop_signal), *launch.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=launch.environment,
                # A Ctrl-C at the terminal is for the owner, who stops servers last.
                start_new_session=True,
                **(launch.account.popen_options() if launch.account else {}),
            )
        launch.pid_file.write_text(str(self._child.pid))

    @property
    def pid(self) -> int:
        """Process id."""
        return self._child.pid

    def wait_until(self, ready: Callable[[], bool], timeout: float) -> None:
        """Wait until the server answers.

        Raises:
            DevstackError: it ended or stayed silent for `timeout` seconds; the
                message holds the end of its log.
        """
        deadline = monotonic() + timeout
        while not ready():
            if self._child.poll() is not None:
                raise DevstackError(f"{self._launch.name} ended at start.\n{self._log_tail()}")
            if monotonic() > deadline:
                raise DevstackError(
                    f"{self._launch.name} did not answer in {timeout:g} s.\n{self._log_tail()}"
                )
            sleep(0.02)

    def stop(self, timeout: float = 20.0) -> None:
        """Ask the server to end, wait, and end it by force if it does not."""
        self._signal(signal.SIGCONT)
        self._signal(self._launch.stop_signal)
        try:
            self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
        self._launch.pid_file.unlink(missing_ok=True)

    def kill(self) -> None:
        """End the server and its children with SIGKILL, as a crash would."""
        kill_tree(self.pid)
        self._child.wait()

    def pause(self) -> None:
        """Freeze the server: connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused server go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, what: signal.Signals) -> None:
        if self._child.poll() is None:
            self._child.send_signal(what)

    def _log_tail(self) -> str:
        lines = self._launch.log_file.read_text(errors="replace").splitlines()
        return "\n".join([*lines[-15:], f"(log: {self._launch.log_file})"])


def end_orphan(launch: Launch, timeout: float = 20.0) -> None:
    """End the server a killed owner left running on the same data, if there is one."""
    orphan = _recorded(launch)
    if orphan is None:
        return
    orphan.send_signal(signal.SIGCONT)
    orphan.send_signal(launch.stop_signal)
    try:
        orphan.wait(timeout)
    except psutil.TimeoutExpired:
        kill_tree(orphan.pid)


def kill_tree(pid: int) -> None:
    """Kill a process and its descendants, and wait until all are gone."""
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for member in family:
        try:
            member.kill()
        except psutil.NoSuchProcess:
            continue
    deadline = monotonic() + 10
    while any(_runs(member) for member in family) and monotonic() < deadline:
        sleep(0.005)


def _runs(process: psutil.Process) -> bool:
    # A zombie holds nothing any more; its parent reaps it when it gets to it.
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _recorded(launch: Launch) -> psutil.Process | None:
    try:
        process = psutil.Process(int(launch.pid_file.read_text()))
        ours = any(launch.mark in argument for argument in process.cmdline())
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None
    except psutil.AccessDenied:
        # Another user's process got the number.
        return None
    return process if ours else None


def dying_with_parent(stop_signal: signal.Signals) -> list[str]:
    """Return what, put before a command, has it signalled when the starting thread ends."""
    # Part of util-linux; elsewhere (macOS) a killed owner leaves an orphan, which
    # the next start ends by its pid file.
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", stop_signal.name.removeprefix("SIG"), "--"] if setpriv else []


def plain_environment() -> dict[str, str]:
    """Return the environment without what would steer a server's libraries."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PG", "KAFKA_", "JDK_JAVA"))}
