"""Confine: a process that connects to permitted addresses alone and opens no file of ours.

It rests on Python's audit events, which every connection and every file that Python code opens
goes through, whatever the library. That holds a library to its task however its addresses are
spelled, resolved or redirected. It is no prison for hostile code: only what we install runs here.
"""

import os
import site
import sys
import sysconfig
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from pipeline.channels.networks import Networks

WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CODE_ENDINGS: Final = (".py", ".pyc", ".so")
FORBIDDEN: Final = (
    "os.", "shutil.", "subprocess.", "pty.", "tempfile.", "glob.", "pathlib.", "sqlite3.",
    "ctypes.", "socket.bind", "socket.sendto", "socket.sendmsg", "mmap.", "webbrowser.", "syslog.",
)  # fmt: skip
HARMLESS: Final = frozenset({"os.putenv", "os.unsetenv", "os.getxattr"})


class NotPermittedError(PermissionError):
    """What a confined process must not do; the text says what it was."""


class Confinement:
    """Keeps this process, for good, to addresses that are permitted.

    Args:
        networks: where it may connect to.
    """

    def __init__(self, networks: Networks) -> None:
        self._networks = networks
        self._code = tuple(f"{folder}{os.sep}" for folder in _code_folders())
        self.has_refused = False
        """Whether a connection was not permitted."""
        sys.addaudithook(self._check)

    def _check(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect":
            self._check_address(arguments[1])
        elif event == "open":
            if not self._is_code(*arguments):
                raise NotPermittedError("files are not opened here")
        elif event in ("os.listdir", "os.scandir"):
            if not f"{os.path.normpath(str(arguments[0]))}{os.sep}".startswith(self._code):
                raise NotPermittedError("folders are not read here")
        elif event.startswith(FORBIDDEN) and event not in HARMLESS:
            raise NotPermittedError(f"{event} is not permitted here")

    def _check_address(self, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else None
        try:
            # A name is not connected to: it would be looked up behind our back.
            permitted = self._networks.permits(str(ip_address(str(host).partition("%")[0])))
        except ValueError:
            permitted = False
        if not permitted:
            self.has_refused = True
            raise NotPermittedError(f"{host} is a private address")

    def _is_code(self, path: object, _mode: object, flags: int) -> bool:
        return (
            isinstance(path, str)
            and not flags & WRITING
            and path.endswith(CODE_ENDINGS)
            and os.path.normpath(path).startswith(self._code)
        )


def _code_folders() -> set[Path]:
    """Return where the interpreter and libraries are, for modules that are imported late."""
    paths = sysconfig.get_paths()
    folders = {paths["stdlib"], paths["platstdlib"], paths["purelib"], paths["platlib"]}
    return {Path(folder).resolve() for folder in folders} | {
        Path(folder) for folder in [*folders, *site.getsitepackages()]
    }
