"""SIGTERM in the workers of process pools, which leaving `with Pool(...)` sends them."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Final

NUDGES: Final = 20
NUDGE_SECONDS: Final = 0.05

_wakeup: Final[list[int]] = []
"""The two ends of the pipe that signals are written to, where it is ours."""

_forking: Final = threading.local()
"""The signals that a thread had blocked before it began to fork, as `mask`."""


def take_sigterm(end: Callable[[], None]) -> None:
    """Call `end` at SIGTERM and then die of it, where nobody else takes it.

    Does nothing outside the main thread. Python runs a handler in the main thread once that
    comes to it. One that is just about to block, or computes in C, may never: then a thread
    of ours does the same.
    """
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    ):
        return

    def terminated(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        try:
            end()
        finally:
            os.kill(os.getpid(), number)

    signal.signal(signal.SIGTERM, terminated)
    # Without a pipe or a thread to spare, the handler alone must do.
    with contextlib.suppress(OSError, RuntimeError):
        _wake(end)


def hold_sigterm() -> None:
    """Keep SIGTERM pending while this thread forks.

    Until the child has given it back, a signal to the child would be written to the pipe it
    shares with its parent: it would end the parent, and be lost to the child.
    """
    if _wakeup:
        _forking.mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})


def resume_sigterm() -> None:
    """Let SIGTERM through again, in the parent and in the child."""
    mask = vars(_forking).pop("mask", None)
    if mask is not None:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def release_sigterm() -> None:
    """Give it back in a forked child, which shares the pipe with its parent."""
    if not _wakeup:
        return
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    current = signal.set_wakeup_fd(-1)
    if current != _wakeup[1]:
        signal.set_wakeup_fd(current)
    while _wakeup:
        os.close(_wakeup.pop())


def _wake(end: Callable[[], None]) -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    previous = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    if previous == -1:
        _wakeup[:] = reader, writer
        threading.Thread(target=_listen, args=(reader, end), daemon=True).start()
    else:
        # An event loop is woken by signals already.
        signal.set_wakeup_fd(previous)
        os.close(reader)
        os.close(writer)


def _listen(reader: int, end: Callable[[], None]) -> None:
    while signal.SIGTERM not in os.read(reader, 64):
        pass
    end()
    main = threading.main_thread().ident
    for _ in range(NUDGES):
        if main is not None:
            signal.pthread_kill(main, signal.SIGTERM)
        time.sleep(NUDGE_SECONDS)
    os._exit(128 + signal.SIGTERM)
