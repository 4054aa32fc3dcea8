"""Warnings that do not flood a job's log."""

import logging
import time
from typing import Final

log = logging.getLogger("tidemark_client")

WARN_EVERY: Final = 60.0


class Warnings:
    """Says the same kind of thing once a minute, however often it happens."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def say(self, message: str, *arguments: object) -> None:
        """Log `message`, whose text before formatting is its kind."""
        now = time.monotonic()
        if now - self._last.get(message, -WARN_EVERY) >= WARN_EVERY:
            self._last[message] = now
            log.warning(message, *arguments)
