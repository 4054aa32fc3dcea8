"""Whom a server runs as, and which folders that account can reach.

PostgreSQL refuses to run as root. Started by root (a container, a build
machine) it runs as an unprivileged account that exists already; no account is
created and no mode of a folder that is not ours is changed.
"""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Account:
    """A system account other than the caller's."""

    name: str
    uid: int
    gid: int

    def popen_options(self) -> dict[str, Any]:
        """Return what makes `subprocess.Popen` start a process as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": [], "cwd": "/"}

    def take_over(self, path: Path) -> None:
        """Make the account the owner of `path`."""
        os.chown(path, self.uid, self.gid)

    def reaches(self, path: Path) -> bool:
        """Tell whether the account can pass every folder on the way to `path`."""
        return all(self._may(parent, stat.S_IXOTH) for parent in path.absolute().parents)

    def may_execute(self, path: Path) -> bool:
        """Tell whether the account can reach, read and execute the file."""
        return self.reaches(path) and self._may(path, stat.S_IXOTH | stat.S_IROTH)

    def _may(self, path: Path, others: int) -> bool:
        status = path.stat()
        needed = (
            others << 6
            if status.st_uid == self.uid
            else others << 3
            if status.st_gid == self.gid
            else others
        )
        return status.st_mode & needed == needed


def server_account() -> Account | None:
    """Return the account PostgreSQL must run as; None: the caller's own will do."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    # Any number that is not root's will do where the system knows no names.
    return Account("nobody", 65534, 65534)
