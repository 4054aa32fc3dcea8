"""uvicorn's WebSocket protocol, reading no faster than it can be met.

One read may bring tens of thousands of tiny frames; parsed in one go they would hold the
event loop for a second. They are parsed piece by piece, and only while the application
takes the messages and the peer takes the pongs.
"""

from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame

PIECE_BYTES: Final = 2048
MAX_FRAGMENTS: Final = 1000
"""Of one message: empty ones count towards no size."""


class PacedProtocol(WebSocketsSansIOProtocol):
    """Parses a piece for each turn of the event loop."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._rest = bytearray()
        self._is_due = False

    def data_received(self, data: bytes) -> None:
        """Parse what has come, or a first piece of it."""
        if not self._rest and len(data) <= PIECE_BYTES and self.writable.is_set():
            super().data_received(data)
            return
        self._rest += data
        self.transport.pause_reading()
        self._feed_soon()

    async def receive(self) -> Any:
        """Wait for a message; parsing goes on once the application has it."""
        message = await super().receive()
        self.go_on()
        return message

    def resume_writing(self) -> None:
        """The transport takes more."""
        super().resume_writing()
        self.go_on()

    def handle_cont(self, event: Frame) -> None:
        """Take a fragment."""
        if len(self.frames) >= MAX_FRAGMENTS:
            self.conn.fail(CloseCode.POLICY_VIOLATION, f"more than {MAX_FRAGMENTS} fragments")
            self.handle_parser_exception()
            return
        super().handle_cont(event)

    def go_on(self) -> None:
        """Parse what is left, as far as it can be taken."""
        if self._rest:
            self.transport.pause_reading()
            self._feed_soon()

    def _feed_soon(self) -> None:
        if not self._is_due and not self.read_paused and self.writable.is_set():
            self._is_due = True
            self.loop.call_soon(self._feed)

    def _feed(self) -> None:
        self._is_due = False
        if self.transport.is_closing():
            self._rest.clear()
            return
        piece = bytes(self._rest[:PIECE_BYTES])
        del self._rest[:PIECE_BYTES]
        super().data_received(piece)
        if self._rest:
            self._feed_soon()
        elif not self.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()
