"""Finds the one item that brings a batch down, so that all others go on."""

import traceback
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

T = TypeVar("T")

MAX_REASON: Final = 1000
"""Letters of a reason that are kept."""


async def isolate(
    items: Sequence[T],
    work: Callable[[Sequence[T]], Awaitable[None]],
    is_fault: Callable[[Exception], bool],
) -> list[tuple[T, Exception]]:
    """Do `work` with all items but those it can't be done with; return these, and why.

    What fails is halved until the culprit is alone. `work` is called with consecutive items, in
    order, and must have done nothing where it raises a fault.

    Raises:
        Exception: `work` raised what `is_fault` does not take for the items' fault.
    """
    if not items:
        return []
    try:
        await work(items)
    except Exception as error:
        if not is_fault(error):
            raise
        if len(items) == 1:
            return [(items[0], error)]
        middle = len(items) // 2
        return [
            *await isolate(items[:middle], work, is_fault),
            *await isolate(items[middle:], work, is_fault),
        ]
    return []


def last_line(error: BaseException) -> str:
    """Return the last line of an exception's traceback: its type and what it says."""
    lines = "".join(traceback.format_exception_only(error)).strip().splitlines()
    return shortened(lines[-1] if lines else type(error).__name__)


def shortened(reason: str) -> str:
    """Return a reason of bearable length, in characters that UTF-8 has."""
    cut = reason if len(reason) <= MAX_REASON else f"{reason[:MAX_REASON]}..."
    return cut.encode(errors="backslashreplace").decode()
