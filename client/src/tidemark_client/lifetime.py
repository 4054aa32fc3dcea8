"""The ends and beginnings of processes: exits, forks, and the workers of process pools.

A process ends in several ways. The interpreter's own end runs `atexit`; a child of
`multiprocessing` skips that and runs its finalizers; a worker of `Pool` is ended by SIGTERM
as soon as the pool is left, and runs neither.
"""

import atexit
import os
import sys
import time
import weakref
from typing import Final, Protocol

from tidemark_client.termination import (
    hold_sigterm,
    release_sigterm,
    resume_sigterm,
    take_sigterm,
)


class Living(Protocol):
    """What has a thread that the end of the process must wait for."""

    @property
    def close_timeout(self) -> float:
        """Seconds its close may take."""

    def begin_close(self, *, ended: bool = False) -> None:
        """Take nothing more in, and hurry; does not wait."""

    def close(self, timeout: float) -> int:
        """Wait for the rest, at most `timeout` seconds."""

    def after_fork(self) -> None:
        """Start afresh in a child process."""


FINALIZERS: Final = ("multiprocessing.util", "billiard.util")
"""Modules whose children end without `atexit`; billiard is Celery's."""

_living: Final["weakref.WeakSet[Living]"] = weakref.WeakSet()
_watched: Final[set[tuple[int, bool]]] = set()
"""The process whose end is watched, and whether it was a worker then: one that is spawned
imports the job's modules before it becomes one, and forgets its finalizers in between."""


def enrol(one: Living) -> None:
    """Let `one` know of forks, for as long as it lives."""
    _living.add(one)


def watch_end() -> None:
    """Close what lives when this process ends; called when there is something to wait for."""
    now = os.getpid(), _is_worker()
    if now in _watched:
        return
    _watched.clear()
    _watched.add(now)
    atexit.register(end_all)
    for name in FINALIZERS:
        module = sys.modules.get(name)
        if module is not None:
            module.Finalize(None, end_all, exitpriority=0)
    if _is_worker():
        take_sigterm(end_all)


def end_before_others() -> None:
    """Run our exit hook before those registered since, such as a Kafka producer's own."""
    atexit.unregister(end_all)
    atexit.register(end_all)


def end_all() -> None:
    """Close all that live, side by side: together they take no longer than the most patient."""
    living = list(_living)
    started = time.monotonic()
    for one in living:
        one.begin_close(ended=True)
    for one in living:
        one.close(max(0.0, started + one.close_timeout - time.monotonic()))


def _is_worker() -> bool:
    """Say whether this is a child process of `multiprocessing`."""
    parent = getattr(sys.modules.get("multiprocessing"), "parent_process", None)
    return parent is not None and parent() is not None


def _after_fork() -> None:
    release_sigterm()
    resume_sigterm()
    for one in list(_living):
        one.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=hold_sigterm, after_in_parent=resume_sigterm, after_in_child=_after_fork
    )
