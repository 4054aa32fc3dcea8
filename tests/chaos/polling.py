"""Wait for what comes in its own time."""

import asyncio
from collections.abc import Awaitable, Callable

POLL_SECONDS = 0.4


async def wait_for(check: Callable[[], Awaitable[bool]], seconds: float, what: str) -> None:
    """Wait until `check` is true.

    Raises:
        TimeoutError: it is not in time; says `what` it waited for.
    """
    if not await came_true(check, seconds):
        raise TimeoutError(f"not within {seconds:g} s: {what}")


async def came_true(check: Callable[[], Awaitable[bool]], seconds: float) -> bool:
    """Wait until `check` is true; return whether it was in time."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + seconds
    while not (found := await check()) and clock() < deadline:  # noqa: ASYNC110 - servers tell nobody
        await asyncio.sleep(POLL_SECONDS)
    return found
