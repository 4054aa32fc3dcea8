"""The outgoing half of a socket."""

from collections.abc import Callable
from typing import Protocol


class Line(Protocol):
    """Where frames go. Nothing here waits."""

    on_paused: Callable[[], None]
    """Called when a line is no longer writable."""
    on_writable: Callable[[], None]
    """Called when a line that was not writable is so again."""
    on_lost: Callable[[], None]
    """Called once, when the connection is gone."""

    on_shutdown: Callable[[], None]
    """Called when the server stops, before it closes the connection."""

    @property
    def is_writable(self) -> bool:
        """False while what was written piles up."""

    def write(self, frame: bytes) -> None:
        """Send a frame of `text_frame`."""

    def close(self, code: int, reason: str) -> None:
        """Say why and close; never waits for a reader that has stopped."""
