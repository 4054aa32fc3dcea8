"""Lines that a library repeats, told at a bearable rate."""

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass


@dataclass(slots=True)
class _Told:
    at: float
    left_out: int = 0


class RepeatFilter(logging.Filter):
    """Lets a template's first record through, then one in `seconds`.

    aiokafka tries again ten times a second and tells each failure: while Kafka is away every
    process would write a hundred lines a second. What comes through carries how many were left
    out since the last as `left_out`. Records count as the same if logger, template, level and
    type of exception are; arguments don't. Memory is bounded by the templates there are.

    Args:
        libraries: root names of the loggers this is about; the others' records all pass.
        seconds: from one record that passes to the next.
        clock: seconds of a clock that never goes back.
    """

    def __init__(
        self,
        libraries: Collection[str],
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._libraries = frozenset(libraries)
        self._seconds = seconds
        self._clock = clock
        self._told: dict[tuple[object, ...], _Told] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether `record` is to be written."""
        if record.name.partition(".")[0] not in self._libraries:
            return True
        kind = record.exc_info[0] if record.exc_info else None
        key = record.name, record.levelno, str(record.msg), kind
        now = self._clock()
        last = self._told.get(key)
        if last is not None and now - last.at < self._seconds:
            last.left_out += 1
            return False
        if last is not None and last.left_out:
            record.left_out = last.left_out
        self._told[key] = _Told(now)
        return True
