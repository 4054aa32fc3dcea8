"""Private: folders and files of ours that other accounts of the machine do not read."""

import os
from pathlib import Path
from typing import Final

FOLDER: Final = 0o700
FILE: Final = 0o600


def private_folder(path: Path, mode: int = FOLDER) -> Path:
    """Make a folder for this account alone, also if it is there already; return it."""
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    path.chmod(mode)
    return path


def write_private(path: Path, text: str) -> None:
    """Write a file that was never to be read by others, not even while it was written."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE), "w") as file:
        file.write(text)
