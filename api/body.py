"""Bodies as they come: decoded, of bounded size, and of bounded size all together."""

import zlib
from collections.abc import Callable
from typing import Any, Final, Protocol

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

from api.problems import Refusal, unavailable
from schemas.problems import ProblemCode

CODINGS: Final = "gzip, deflate"
MAX_MEMBERS: Final = 128
"""Of one gzip body: each of them, however small, takes its time."""
TOTAL_BYTES: Final = 128 * 1024 * 1024
"""Of all bodies that are held at the same time."""
RETRY_SECONDS: Final = 2
_GZIP: Final = zlib.MAX_WBITS | 16


class Budget:
    """Bytes of bodies that this edge may hold."""

    def __init__(self, limit: int = TOTAL_BYTES) -> None:
        self._left = limit

    def take(self, size: int) -> None:
        """Hold `size` bytes more.

        Raises:
            Refusal: there is no room for them now.
        """
        if size > self._left:
            raise unavailable("the edge holds as many bodies as it can", RETRY_SECONDS)
        self._left -= size

    def give_back(self, size: int) -> None:
        """Let go of them."""
        self._left += size


class Decoder(Protocol):
    """Undoes a content coding, piece by piece."""

    def feed(self, piece: bytes, room: int) -> bytes:
        """Return what `piece` stands for, at most one byte more than `room`."""

    def finish(self) -> None:
        """Check that nothing is missing."""


class Body:
    """Receives the body of one request, in place of `receive`.

    Args:
        receive: where it comes from.
        scope: the request's; its headers are changed to fit the decoded body.
        limit: bytes that it may have, before and after decoding.
        budget: of all requests.

    Raises:
        Refusal: its coding is not known; or, while it is received, it is too large, or not
            what its coding says.
    """

    def __init__(self, receive: Receive, scope: Scope, limit: int, budget: Budget) -> None:
        self._receive = receive
        self._limit = limit
        self._budget = budget
        self._decoder = _decoder(scope)
        self._came = 0
        self._held = 0

    async def __call__(self) -> Message:
        """Return the next message."""
        message = await self._receive()
        if message["type"] != "http.request":
            return message
        piece = message.get("body", b"")
        self._came += len(piece)
        if self._came > self._limit:
            raise too_large(self._limit)
        if self._decoder is not None:
            piece = self._decoder.feed(piece, self._limit - self._held)
        self._budget.take(len(piece))
        self._held += len(piece)
        if self._held > self._limit:
            raise too_large(self._limit)
        if self._decoder is not None and not message.get("more_body", False):
            self._decoder.finish()
        return {**message, "body": piece}

    def release(self) -> None:
        """Let go of it, once the request is answered."""
        self._budget.give_back(self._held)
        self._held = 0


class _Gzip:
    """One member after another."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP)
        self._members = 1
        self._is_fresh = True

    def feed(self, piece: bytes, room: int) -> bytes:
        parts: list[bytes] = []
        while piece:
            if self._member.eof:
                self._members += 1
                if self._members > MAX_MEMBERS:
                    raise _undecodable(f"gzip of more than {MAX_MEMBERS} members")
                self._member = zlib.decompressobj(_GZIP)
            self._is_fresh = False
            part, piece = _inflate(self._member, piece, room - sum(map(len, parts)), "gzip")
            parts.append(part)
        return b"".join(parts)

    def finish(self) -> None:
        if not (self._member.eof or self._is_fresh):
            raise _undecodable("gzip that is cut off")


class _Deflate:
    """As RFC 9110 has it, within zlib's format; or without, as some send it."""

    def __init__(self) -> None:
        self._stream: Any = None
        self._begun = b""

    def feed(self, piece: bytes, room: int) -> bytes:
        if self._stream is None:
            self._begun += piece
            if len(self._begun) < 2:
                return b""
            piece, (first, second) = self._begun, self._begun[:2]
            is_zlib = first & 15 == 8 and (first << 8 | second) % 31 == 0
            self._stream = zlib.decompressobj(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)
        if self._stream.eof:
            rest = piece
            part = b""
        else:
            part, rest = _inflate(self._stream, piece, room, "deflate")
        if rest:
            raise _undecodable("deflate with something behind it")
        return part

    def finish(self) -> None:
        if self._begun and not (self._stream and self._stream.eof):
            raise _undecodable("deflate that is cut off")


def too_large(limit: int) -> Refusal:
    """Return the refusal of a body of more than `limit` bytes."""
    return Refusal(ProblemCode.TOO_LARGE, f"the body may have {limit} bytes, also when decoded")


_KNOWN: Final[dict[str, Callable[[], Decoder]]] = {
    "gzip": _Gzip,
    "x-gzip": _Gzip,
    "deflate": _Deflate,
}


def _decoder(scope: Scope) -> Decoder | None:
    given = Headers(scope=scope).getlist("content-encoding")
    names = [name.strip().lower() for value in given for name in value.split(",")]
    codings = [name for name in names if name not in {"", "identity"}]
    if not codings:
        return None
    if len(codings) > 1 or codings[0] not in _KNOWN:
        raise Refusal(
            ProblemCode.UNSUPPORTED_MEDIA_TYPE,
            f"the Content-Encoding {', '.join(codings)[:100]!r} is not known; "
            f"send the body as it is, or in one of {CODINGS}",
            headers={"Accept-Encoding": CODINGS},
        )
    gone = {b"content-encoding", b"content-length"}
    scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in gone]
    return _KNOWN[codings[0]]()


def _inflate(stream: Any, piece: bytes, room: int, coding: str) -> tuple[bytes, bytes]:
    """Return what fits into `room` and one byte more, and what stands behind the stream."""
    try:
        part: bytes = stream.decompress(piece, max(room, 0) + 1)
    except zlib.error as error:
        raise _undecodable(f"no {coding}: {error}") from None
    # What does not fit makes the body too large; the rest of it need not be decoded.
    return part, stream.unused_data


def _undecodable(what: str) -> Refusal:
    return Refusal(ProblemCode.BAD_REQUEST, f"the body is {what}")
