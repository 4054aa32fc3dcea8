"""A socket that resumes, at whichever edge answers, and writes down every alert."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import websockets

EVERYTHING = [{"assets": ["*"], "kinds": ["alerts"]}]
QUIET_SECONDS = 30.0
"""A socket that hears nothing for so long, not even a pong, is given up."""
OPEN_SECONDS = 10.0
TRANSIENT = {"unavailable"}
"""Why a resume fails that may succeed later: the old position is kept."""


class Listener:
    """Listens from `start` to `stop`; `steps` holds the steps it was told, in order."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = ports
        self._task: asyncio.Task[None] | None = None
        self._position: str | None = None
        self.subscribed = asyncio.Event()
        self.steps: list[dict[str, Any]] = []
        self.connections = 0
        self.failures: list[str] = []

    async def start(self) -> None:
        """Connect, and wait until subscribed."""
        self._task = asyncio.create_task(self._listen())
        await asyncio.wait_for(self.subscribed.wait(), 120)

    async def stop(self) -> None:
        """Hang up."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self) -> None:
        while True:
            port = self._ports[self.connections % len(self._ports)]
            self.connections += 1
            with suppress(OSError, websockets.WebSocketException, TimeoutError):
                await self._converse(port)
            await asyncio.sleep(0.2)

    async def _converse(self, port: int) -> None:
        url = f"ws://127.0.0.1:{port}/ws/quality"
        async with websockets.connect(url, open_timeout=OPEN_SECONDS, max_size=None) as socket:
            fresh = self._position is None
            position = {} if fresh else {"position": self._position}
            request = {"type": "subscribe", "payload": EVERYTHING[0]}
            if not fresh:
                payload = {**position, "subscriptions": EVERYTHING}
                request = {"type": "resume", "payload": payload}
            await socket.send(json.dumps(request))
            while True:
                async with asyncio.timeout(QUIET_SECONDS):
                    message = json.loads(await socket.recv())
                if not self._take(message):
                    return

    def _take(self, message: dict[str, Any]) -> bool:
        """Write a message down; return whether to go on listening here."""
        kind = message["type"]
        if kind == "connected":
            return True  # its position is for sockets that start afresh
        if kind == "resume_failed":
            self.failures.append(message["payload"]["reason"])
            if message["payload"]["reason"] in TRANSIENT:
                return False
        if kind == "alert":
            self.steps.append(message["payload"])
        if position := message.get("position"):
            self._position = position
        if kind in {"subscribed", "resumed"}:
            self.subscribed.set()
        return True
