"""A line that a test opens and shuts."""

import json
from collections.abc import Callable
from typing import Any

from api.live.frames import frame_text, text_frame


def _nothing() -> None:
    pass


class FakeLine:
    """Takes frames while `is_writable`."""

    def __init__(self) -> None:
        self.is_writable = True
        self.frames: list[bytes] = []
        self.closed: tuple[int, str] | None = None
        self.on_paused: Callable[[], None] = _nothing
        self.on_writable: Callable[[], None] = _nothing
        self.on_lost: Callable[[], None] = _nothing
        self.on_shutdown: Callable[[], None] = _nothing

    def write(self, frame: bytes) -> None:
        self.frames.append(frame)

    def close(self, code: int, reason: str) -> None:
        self.closed = code, reason

    def shut(self) -> None:
        self.is_writable = False
        self.on_paused()

    def open(self) -> None:
        self.is_writable = True
        self.on_writable()

    @property
    def texts(self) -> list[str]:
        return [frame_text(frame) for frame in self.frames]

    @property
    def messages(self) -> list[Any]:
        return [json.loads(text) for text in self.texts]


def frame(text: str) -> bytes:
    return text_frame(text.encode())
