"""uvicorn's WebSocket protocol, with a way to write frames straight to the transport.

An ASGI `send` per client and message costs twice as much as the write itself, and waits
behind a reader that has stopped. This leans on undocumented attributes of uvicorn's
protocol (`conn`, `transport`, `queue`, `close_sent`, `close_timer`, `read_paused`):
uvicorn is pinned, and `tests/unit/api/test_wire_contract.py` holds it to account. On
any other server `api.live.asgi_line` does the same through `send`, slower.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from websockets.http11 import Request

from api.paced import PacedProtocol

EXTENSION: Final = "tidemark.line"
CLOSE_SECONDS: Final = 5.0
"""How long a close waits for the reader before the connection is cut."""


def _nothing() -> None:
    pass


class DirectLine:
    """Writes frames to the transport of one connection."""

    def __init__(self, protocol: "LineProtocol") -> None:
        self._protocol = protocol
        self._transport = protocol.transport
        self.write: Callable[[bytes], None] = protocol.transport.write
        self.is_writable = True
        self.on_paused: Callable[[], None] = _nothing
        self.on_writable: Callable[[], None] = _nothing
        self.on_lost: Callable[[], None] = _nothing
        self.on_shutdown: Callable[[], None] = _nothing

    def close(self, code: int, reason: str) -> None:
        """Write a close frame, and cut the connection if the reader does not answer it."""
        protocol = self._protocol
        if protocol.close_sent or self._transport.is_closing():
            return
        protocol.stop_keepalive()
        protocol.conn.send_close(code, reason)
        self._transport.write(b"".join(protocol.conn.data_to_send()))
        protocol.close_sent = True
        closed = {"type": "websocket.disconnect", "code": code, "reason": reason}
        protocol.queue.put_nowait(closed)  # type: ignore[arg-type]
        if protocol.read_paused:
            # The peer's answer to the close must be read.
            protocol.read_paused = False
            self._transport.resume_reading()
            protocol.go_on()
        loop = asyncio.get_running_loop()
        protocol.close_timer = loop.call_later(CLOSE_SECONDS, self._transport.abort)


class LineProtocol(PacedProtocol):
    """Puts a `DirectLine` into the scope of every WebSocket."""

    line: DirectLine | None = None
    on_gone: Callable[[], None] = staticmethod(_nothing)

    def handle_connect(self, event: Request) -> None:
        """Accept the handshake's request."""
        super().handle_connect(event)
        if not self.close_sent:
            self.line = DirectLine(self)
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[EXTENSION] = self.line

    def pause_writing(self) -> None:
        """The transport's buffer is full."""
        super().pause_writing()
        if self.line:
            self.line.is_writable = False
            self.line.on_paused()

    def resume_writing(self) -> None:
        """The transport takes more."""
        super().resume_writing()
        if self.line:
            self.line.is_writable = True
            self.line.on_writable()

    def keepalive_timeout(self) -> None:
        """The peer has not answered a ping: it will not take what is written either."""
        super().keepalive_timeout()
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        super().connection_lost(exc)
        self.on_gone()
        if self.line:
            self.line.on_lost()

    def shutdown(self) -> None:
        """The server stops: the last words go before the close."""
        if self.line and self.handshake_complete and not self.close_sent:
            self.line.on_shutdown()
        super().shutdown()
