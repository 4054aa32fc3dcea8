"""Tidemark's own processes of one machine, supervised by honcho."""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import psutil

from devstack.errors import DevstackError

PROCFILE = Path(__file__).parents[1] / "Procfile"
_OWNER = "DEVSTACK_FOLDER"
"""Marks the environment of every process of a stack, to find what a killed run left."""

_STOP_SECONDS = 15.0


class Services:
    """The processes of the Procfile, run together: when one ends, all end.

    Args:
        names: which of them.
        folder: the stack's folder.
        environment: the settings they get beside the caller's environment.
    """

    def __init__(self, names: Sequence[str], folder: Path, environment: dict[str, str]) -> None:
        self._names = names
        self._folder = folder
        self._environment = service_environment(folder, environment)
        self._honcho: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start them; what a killed run left behind is ended first."""
        if not PROCFILE.exists():
            raise DevstackError(f"{PROCFILE} is missing: run this from a clone of the repository")
        end_leftovers(self._folder)
        self._honcho = subprocess.Popen(
            [
                *(sys.executable, "-m", "honcho", "start"),
                # The settings come from the environment alone.
                *("--env", os.devnull, "--procfile", str(PROCFILE)),
                *("--app-root", str(Path.cwd())),
                *self._names,
            ],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            # A Ctrl-C reaches the owner, which passes it on once.
            start_new_session=True,
        )

    def running(self) -> bool:
        """Tell whether they are still supervised."""
        return self._honcho is not None and self._honcho.poll() is None

    def wait(self) -> None:
        """Wait until all have ended."""
        if self._honcho:
            self._honcho.wait()

    def stop(self) -> None:
        """Ask all to end, and wait."""
        if self._honcho and self.running():
            self._honcho.terminate()
            try:
                self._honcho.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._honcho.kill()
                self._honcho.wait()
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
