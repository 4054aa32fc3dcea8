"""uvicorn's HTTP protocol, with bounds on what a peer may make it hold and how long.

uvicorn takes headers and trailers of any size and number, waits for ever for the rest of a
request, and keeps what a peer does not read. This leans on undocumented attributes of its
protocol (`parser`, `cycle`, `pipeline`, `flow`): uvicorn is pinned, and
`tests/unit/api/test_connection.py` holds it to account.
"""

from enum import Enum, auto
from typing import Any, Final
from uuid import uuid4

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from api import monitor
from api.admission import Admission
from api.problems import Refusal, problem_response
from schemas.problems import ProblemCode

MAX_HEAD_BYTES: Final = 32 * 1024
"""Of the request line and the headers of a request, or its trailers."""
MAX_HEADERS: Final = 100
MAX_PIPELINED: Final = 32
HEAD_SECONDS: Final = 10.0
"""How long a request's headers may take, from the connection or its first byte."""
BODY_SECONDS: Final = 20.0
BODY_BYTES_PER_SECOND: Final = 16 * 1024
"""A body has `BODY_SECONDS`, and a second more for so many bytes that have come."""
DRAIN_SECONDS: Final = 5.0
"""How long the rest of a body is read that was answered before it came."""
UNREAD_SECONDS: Final = 30.0
"""How long a peer may read nothing of what is written to it."""
RETRY_SECONDS: Final = 5


class Reading(Enum):
    """What the next bytes belong to."""

    NOTHING = auto()
    HEAD = auto()
    BODY = auto()


class _Refused(Exception):
    """Leaves the parser from one of its callbacks."""


class BoundedHttp(HttpToolsProtocol):
    """Serves HTTP on one connection.

    Args:
        admission: how many connections an address may have.
        options: uvicorn's.
    """

    def __init__(self, *, admission: Admission, **options: Any) -> None:
        super().__init__(**options)
        self._admission = admission
        self._address: str | None = None
        self._reading = Reading.HEAD
        self._since = self.loop.time()
        self._taken = 0
        """Bytes of the head or the body that is being read."""
        self._unused = 0
        """Bytes that the parser has kept or skipped: parts of headers, trailers, extensions."""
        self._head_bytes = 0
        self._trailers = 0
        self._refusal: tuple[int, Refusal, str] | None = None
        self._running: RequestResponseCycle | None = None
        self._unsent = 0
        self._unsent_since = 0.0

    def connection_made(self, transport: Any) -> None:
        """Take in a connection, if its address has not too many."""
        super().connection_made(transport)
        self._since = self.loop.time()
        address = self.client[0] if self.client else ""
        if self._admission.enter(address):
            self._address = address
            return
        self._refuse(
            503,
            Refusal(
                ProblemCode.UNAVAILABLE,
                f"this address has {self._admission.limit} connections already "
                "(TIDEMARK_CONNECTIONS_PER_ADDRESS)",
                headers={"Retry-After": str(RETRY_SECONDS)},
            ),
            "too_many",
        )

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        super().connection_lost(exc)
        self._tell_gone()
        self._leave()

    def data_received(self, data: bytes) -> None:
        """Parse what has come, as far as it is within bounds."""
        if self.parser is None or self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        if self._reading is Reading.NOTHING:
            self._begin(Reading.HEAD)
        was_in_head = self._reading is Reading.HEAD
        self._unused += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
            return
        except httptools.HttpParserError:
            self._refuse(
                *self._refusal
                or (400, Refusal(ProblemCode.BAD_REQUEST, "this is not HTTP/1.1"), "malformed")
            )
            return
        if self._reading is Reading.HEAD and was_in_head:
            self._taken += len(data)
        if self._reading is not Reading.NOTHING and self._unused > MAX_HEAD_BYTES:
            self._refuse(*_large_head())

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over, with its place among those of its address."""
        super().handle_websocket_upgrade()
        protocol: Any = self.transport.get_protocol()
        protocol.on_gone = self._leave

    # Callbacks of the parser ---------------------------------------------------

    def on_message_begin(self) -> None:
        """A request begins."""
        if len(self.pipeline) >= MAX_PIPELINED:
            self._refusal = (
                400,
                Refusal(ProblemCode.BAD_REQUEST, f"more than {MAX_PIPELINED} requests at once"),
                "too_many",
            )
            raise _Refused
        super().on_message_begin()
        self._head_bytes = 0
        if self._reading is not Reading.HEAD:
            self._begin(Reading.HEAD)

    def on_url(self, url: bytes) -> None:
        """A piece of the address has come."""
        super().on_url(url)
        self._count_head(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header has come, or a trailer."""
        self._count_head(len(name) + len(value))
        if len(self.headers) >= MAX_HEADERS:
            self._refusal = _large_head()
            raise _Refused
        if self._reading is Reading.BODY:
            # A trailer is no header: nobody asks for it, and it must not pass for one.
            self._trailers += 1
            if self._trailers > MAX_HEADERS:
                self._refusal = _large_head()
                raise _Refused
            return
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The application may start."""
        super().on_headers_complete()
        self._begin(Reading.BODY)
        self._trailers = 0

    def on_body(self, body: bytes) -> None:
        """A piece of the body has come."""
        super().on_body(body)
        self._taken += len(body)
        self._unused = 0

    def on_message_complete(self) -> None:
        """The request has come as a whole."""
        super().on_message_complete()
        self._begin(Reading.NOTHING)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        # Of requests that come at once, `cycle` is the newest, not the one that runs.
        self._running = cycle

        async def checked(scope: Any, receive: Any, send: Any) -> None:
            async def send_while_open(message: Any) -> None:
                # A transport may be closed a turn before the protocol is told of it.
                if self.transport.is_closing():
                    cycle.disconnected = True
                await send(message)

            await app(scope, receive, send_while_open)

        super()._start_asgi_task(cycle, checked)

    # Time --------------------------------------------------------------------

    def end_if_slow(self, now: float) -> None:
        """End the connection if its peer takes too long to send or to read."""
        elapsed = now - self._since
        if self._reading is Reading.HEAD and elapsed > HEAD_SECONDS:
            if self._taken:
                detail = f"the headers did not come within {HEAD_SECONDS:g} s"
                self._refuse(408, Refusal(ProblemCode.BAD_REQUEST, detail), "slow_head")
            else:
                self._end("slow_head")
        elif self._reading is Reading.BODY:
            self._end_slow_body(elapsed)
        self._end_unread(now)

    def _end_slow_body(self, elapsed: float) -> None:
        if self.cycle is not None and self.cycle.response_complete:
            if elapsed > DRAIN_SECONDS:
                self._end("slow_body")
        elif elapsed > BODY_SECONDS + self._taken / BODY_BYTES_PER_SECOND:
            if self.cycle is not None and self.cycle.response_started:
                self._end("slow_body")
            else:
                detail = f"the body came slower than {BODY_BYTES_PER_SECOND} bytes a second"
                self._refuse(408, Refusal(ProblemCode.BAD_REQUEST, detail), "slow_body")

    def _end_unread(self, now: float) -> None:
        unsent = self.transport.get_write_buffer_size()
        if not unsent or unsent < self._unsent or not self._unsent:
            self._unsent_since = now
        self._unsent = unsent
        if unsent and now - self._unsent_since > UNREAD_SECONDS:
            monitor.ENDED.labels("unread").inc()
            self.transport.abort()

    # -------------------------------------------------------------------------

    def _begin(self, reading: Reading) -> None:
        self._reading = reading
        self._since = self.loop.time()
        self._taken = 0
        self._unused = 0

    def _count_head(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refusal = _large_head()
            raise _Refused

    def _end(self, reason: str) -> None:
        if not self.transport.is_closing():
            self._tell_gone()
            monitor.ENDED.labels(reason).inc()
            self.transport.close()

    def _refuse(self, status: int, refusal: Refusal, reason: str) -> None:
        """Answer instead of the application, which is told that the peer is gone, and close."""
        if self.transport.is_closing():
            return
        running = self._running
        if running is None or running.response_complete or not running.response_started:
            self.transport.write(_answer(status, refusal))
        self._tell_gone()
        self.pipeline.clear()
        self._end(reason)

    def _tell_gone(self) -> None:
        """Let the application write no more. uvicorn tells the newest request alone."""
        for cycle in (self._running, self.cycle):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()

    def _leave(self) -> None:
        if self._address is not None:
            self._admission.leave(self._address)
            self._address = None


def _large_head() -> tuple[int, Refusal, str]:
    detail = f"headers may have {MAX_HEAD_BYTES} bytes, and there may be {MAX_HEADERS} of them"
    return 431, Refusal(ProblemCode.TOO_LARGE, detail), "large_head"


def _answer(status: int, refusal: Refusal) -> bytes:
    response = problem_response(refusal, "", uuid4().hex, status)
    lines = [f"HTTP/1.1 {status} {PHRASES[status]}".encode(), b"connection: close"]
    lines += [name + b": " + value for name, value in response.raw_headers]
    return b"\r\n".join([*lines, b"", bytes(response.body)])


PHRASES: Final = {
    400: "Bad Request",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}
