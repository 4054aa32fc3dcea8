"""Tidemark's own processes of one machine: those of the Procfile, kept running."""

import http.client
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import psutil

from devstack.errors import DevstackError
from devstack.supervisor import Supervisor, read_procfile

PROCFILE = Path(__file__).parents[1] / "Procfile"
_OWNER = "DEVSTACK_FOLDER"
"""Marks the environment of every process of a stack, to find what a killed run left."""


class Services:
    """The processes of the Procfile, run together: one that ends is started again.

    Args:
        names: which of them.
        folder: the stack's folder.
        environment: the settings they get beside the caller's environment.
        say: told of each process that ended by itself.
    """

    def __init__(
        self,
        names: Sequence[str],
        folder: Path,
        environment: dict[str, str],
        say: Callable[[str], None],
    ) -> None:
        if not PROCFILE.exists():
            raise DevstackError(f"{PROCFILE} is missing: run this from a clone of the repository")
        commands = read_procfile(PROCFILE)
        self._folder = folder
        self._supervisor = Supervisor(
            {name: commands[name] for name in names}, service_environment(folder, environment), say
        )
        self._started = False

    def start(self) -> None:
        """Start them; what a killed run left behind is ended first."""
        end_leftovers(self._folder)
        self._started = True
        self._supervisor.start()

    def running(self) -> bool:
        """Tell whether they are still to run."""
        return self._started

    def wait(self) -> None:
        """Wait until they are stopped."""
        self._supervisor.wait()

    def stop(self) -> None:
        """Ask all to end, and wait."""
        if self._started:
            self._started = False
            self._supervisor.stop()
        end_leftovers(self._folder)


def service_environment(folder: Path, settings: dict[str, str]) -> dict[str, str]:
    """Return the environment of a process of the stack."""
    commands = str(Path(sys.executable).parent)
    return {
        **os.environ,
        **settings,
        _OWNER: str(folder),
        "PATH": os.pathsep.join([commands, os.environ.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
    }


def end_leftovers(folder: Path) -> None:
    """End the processes of a stack whose supervisor is gone."""
    left = [process for process in psutil.process_iter() if _belongs(process, folder)]
    for process in left:
        process.terminate()
    _, alive = psutil.wait_procs(left, timeout=5)
    for process in alive:
        process.kill()


def _belongs(process: psutil.Process, folder: Path) -> bool:
    try:
        return bool(process.environ().get(_OWNER) == str(folder))
    except (psutil.Error, OSError):
        return False


def not_ready(url: str) -> str | None:
    """Ask an edge whether it is ready; return what it waits for, or None when it is."""
    try:
        with urlopen(f"{url}/readyz", timeout=2):  # noqa: S310 - our own address
            return None
    except HTTPError as error:
        with error:
            return _waiting_for(error.read())
    except (OSError, http.client.HTTPException):
        return "the edge does not answer yet"


def _waiting_for(body: bytes) -> str:
    try:
        parts = json.loads(body)["components"]
        return "; ".join(f"{part['name']}: {part['detail']}" for part in parts if not part["ready"])
    except (ValueError, KeyError, TypeError):
        return "the edge is not ready"
