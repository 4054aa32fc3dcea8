"""An answer that all who ask at about the same time share."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """Asks at most once in `seconds`, and never twice at the same time.

    Args:
        ask: finds the answer; what it raises goes to the one that asked, and the next asks anew.
        seconds: how old an answer may be that is given again.
    """

    def __init__(self, ask: Callable[[], Awaitable[T]], seconds: float) -> None:
        self._ask = ask
        self._seconds = seconds
        self._asking = asyncio.Lock()
        self._answer: tuple[T, float] | None = None

    async def get(self) -> T:
        """Return the answer, `seconds` old at most."""
        async with self._asking:
            if self._answer is not None:
                answer, since = self._answer
                if time.monotonic() - since < self._seconds:
                    return answer
            answer = await self._ask()
            self._answer = answer, time.monotonic()
            return answer
