"""The code of an earlier commit, to run beside today's."""

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

REVISION = os.environ.get("CHAOS_OLD_REVISION", "HEAD~1")


def code_of(revision: str, folder: Path) -> Path:
    """Write the files of a commit below `folder`; skip the test where there is no repository."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("no git repository to take older code from")
    archive = folder / "old.tar"
    with archive.open("wb") as file:
        subprocess.run(["git", "-C", str(ROOT), "archive", revision], stdout=file, check=True)
    code = folder / "old"
    with tarfile.open(archive) as tar:
        tar.extractall(code, filter="data")
    return code
