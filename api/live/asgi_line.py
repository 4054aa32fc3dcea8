"""A line over plain ASGI, for servers other than ours: a task that sends one by one."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from api.live.frames import frame_text

HIGH_WATER: Final = 64
"""Frames handed to `send` and not taken yet, beyond which the line is not writable."""


def _nothing() -> None:
    pass


class AsgiLine:
    """Queues frames for `websocket.send`."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._frames: deque[bytes] = deque()
        self._closing: tuple[int, str] | None = None
        self._wake = asyncio.Event()
        self._task = asyncio.create_task(self._pump())
        self.on_paused: Callable[[], None] = _nothing
        self.on_writable: Callable[[], None] = _nothing
        self.on_lost: Callable[[], None] = _nothing
        self.on_shutdown: Callable[[], None] = _nothing

    @property
    def is_writable(self) -> bool:
        """Whether few frames are waiting."""
        return len(self._frames) < HIGH_WATER

    def write(self, frame: bytes) -> None:
        """Queue a frame."""
        self._frames.append(frame)
        if not self.is_writable:
            self.on_paused()
        self._wake.set()

    def close(self, code: int, reason: str) -> None:
        """Close after what is queued."""
        self._closing = self._closing or (code, reason)
        self._wake.set()

    async def finish(self) -> None:
        """Let the queue empty itself for a moment, then stop."""
        self.close(1000, "")
        await asyncio.wait([self._task], timeout=1.0)
        self._task.cancel()

    async def _pump(self) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                while self._frames:
                    full = not self.is_writable
                    await self._socket.send_text(frame_text(self._frames.popleft()))
                    if full and self.is_writable:
                        self.on_writable()
                if self._closing:
                    await self._socket.close(*self._closing)
                    return
                self._wake.clear()
                await self._wake.wait()
