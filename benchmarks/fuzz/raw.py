"""Bytes that are almost HTTP, and frames that are almost those of a WebSocket."""

import asyncio
import json
import struct
import time
from random import Random

from benchmarks.fuzz import values
from benchmarks.fuzz.figures import Figures
from schemas.websocket import REQUESTS

HANDSHAKE = (
    b"GET /ws/quality HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
LOCAL = b" HTTP/1.1\r\nHost: localhost\r\n"
ROOT = b"/api/quality/realtime"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
SEEDS = (
    HANDSHAKE,
    b"GET " + ROOT + b"/stats" + LOCAL + b"\r\n",
    b"GET /%00" + LOCAL + b"\r\n",
    b"GET /" + b"a" * 300 + LOCAL + b"\r\n",
    b"GET /../../etc/passwd" + LOCAL + b"Origin: http://[\r\n\r\n",
    b"OPTIONS *" + LOCAL + b"Origin: http://x\r\n\r\n",
    b"CONNECT x:443" + LOCAL + b"\r\n",
    b"POST " + ROOT + b"/events" + LOCAL + b"Content-Length: 2\r\n\r\n[]",
    b"POST " + ROOT + b"/feeds/dbt" + LOCAL + CHUNKED + b"\r\n3\r\n{}\n\r\n0\r\nX: y\r\n\r\n",
    b"HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"POST /api/v1/lineage" + LOCAL + b"Expect: 100-continue\r\nContent-Length: 9\r\n\r\n",
)
PARTS = (
    b"\r\n", b"\n", b"\0", b" ", b":", b"%", b"\xff", b"?", b"Host: [\r\n", CHUNKED,
    b"Content-Length: 99\r\n", b"Content-Length: -1\r\n", b"Upgrade: h2c\r\n", b"PRI * HTTP/2.0",
    b"Connection: Upgrade\r\n", b"X: " + b"y" * 40_000, b"X: y\r\n" * 150,
    b"Content-Encoding: gzip\r\n", b"Sec-WebSocket-Protocol: \xe9\r\n",
    b"Sec-WebSocket-Extensions: permessage-deflate\r\n",
)  # fmt: skip
DEEP = (b"[" * 60_000, b'{"type":"ping","payload":' + b"[" * 9000, b'"\\ud800"')


class RawFuzzer:
    """Opens one connection after another."""

    def __init__(self, port: int, seed: str, figures: Figures) -> None:
        self._port = port
        self._random = Random(seed)
        self._figures = figures

    async def run(self, until: float) -> None:
        """Go on until then."""
        while time.monotonic() < until:
            await (self.mangled() if self._random.random() < 0.5 else self.frames())

    async def mangled(self) -> None:
        """Send a mangled request, in pieces, and see what comes."""
        sent = b"".join(self._mangled() for _ in range(self._random.choice((1, 1, 2, 3))))
        answer = await self._talk(b"", sent)
        self._figures.saw("bytes", _status(answer))
        for piece in answer.split(b"HTTP/1.1 ")[1:]:
            if piece.startswith(b"5") and not piece.startswith(b"503"):
                self._figures.fault(f"{piece[:200]!r}: {sent[:1500]!r}")

    async def frames(self) -> None:
        """Open a WebSocket and send frames, good and bad."""
        sent = b"".join(self._frame() for _ in range(self._random.randrange(1, 12)))
        answer = await self._talk(HANDSHAKE, sent)
        self._figures.saw("socket", _status(answer))
        if b'"code":"internal"' in answer or b" 500 " in answer[:20]:
            self._figures.fault(f"{answer[-300:]!r}: {sent[:1500]!r}")

    async def _talk(self, first: bytes, sent: bytes) -> bytes:
        answer = b""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError as error:
            self._figures.fault(f"no connection: {error}")
            await asyncio.sleep(0.2)
            return b""
        try:
            if first:
                writer.write(first)
                async with asyncio.timeout(20):
                    answer = await reader.readuntil(b"\r\n\r\n")
            for piece in self._pieces(sent):
                if writer.is_closing():
                    break
                writer.write(piece)
                await asyncio.sleep(0)
            if self._random.random() < 0.5 and writer.can_write_eof():
                writer.write_eof()
            async with asyncio.timeout(self._random.choice((0.02, 0.1, 0.3))):
                while piece := await reader.read(65_536):
                    answer += piece
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()
        return answer

    def _pieces(self, sent: bytes) -> list[bytes]:
        if self._random.random() < 0.6:
            return [sent]
        step = self._random.choice((1, 7, 100)) if len(sent) < 2000 else 5000
        return [sent[at : at + step] for at in range(0, len(sent), step)]

    def _mangled(self) -> bytes:
        random = self._random
        text = bytearray(random.choice(SEEDS))
        for _ in range(random.choice((0, 1, 1, 2, 5))):
            at = random.randrange(len(text) + 1)
            match random.randrange(4):
                case 0:
                    text[at:at] = random.choice(PARTS)
                case 1:
                    text[at : at + random.randrange(1, 9)] = b""
                case 2:
                    text[at : at + 1] = random.randbytes(1)
                case _:
                    text = text[:at] + random.choice(PARTS) + text[at:]
        return bytes(text)

    def _frame(self) -> bytes:
        random, draw = self._random, self._random.random()
        if draw < 0.1:
            return random.randbytes(random.randrange(1, 60))
        if draw < 0.2:
            return b"\x89\x80abcd" * random.choice((1, 100, 2000))
        if draw < 0.25:
            return b"\x01\x80abcd" + b"\0\x80abcd" * random.choice((1, 50, 3000))
        first = 0x81 if draw < 0.9 else random.randrange(256)
        return _masked(first, self._message(), random)

    def _message(self) -> bytes:
        random = self._random
        draw = random.random()
        if draw < 0.1:
            return values.text(random).encode("utf-8", "surrogatepass")
        if draw < 0.13:
            return random.choice(DEEP)
        message = {
            "type": random.choice((*REQUESTS, values.text(random))),
            "payload": _payload(random) if random.random() < 0.8 else values.anything(random),
            "requestId": values.text(random),
        }
        return json.dumps(message).encode()


def _payload(random: Random) -> dict[str, object]:
    globs = [f"{values.text(random)}*{number}" for number in range(random.choice((1, 5, 200)))]
    chosen: dict[str, object] = {
        "assetId": values.text(random), "assetIds": globs, "all": True,
        "ids": [values.text(random)],
        "severities": ["critical"], "metricTypes": ["score"], "kinds": ["alerts"],
        "status": ["active"], "limit": random.choice((1, 1000, -1, 2**63)),
        "position": values.cursor(random), "cursor": values.cursor(random),
        "subscriptions": [{"assets": globs}], "alertId": "00000000-0000-0000-0000-000000000000",
        "resolution": values.text(random), "comment": values.text(random),
        "query": values.text(random), "since": values.text(random),
        "until": "9999-12-31T23:59:59-01:00",
    }  # fmt: skip
    return {name: value for name, value in chosen.items() if random.random() < 0.25}


def _masked(first: int, body: bytes, random: Random) -> bytes:
    size = len(body)
    if random.random() < 0.02:
        size = random.choice((0, 126, 65_535, 2**63 - 1, size + 1))
    if size < 126:
        head = struct.pack("!BB", first, 0x80 | size)
    elif size < 65_536:
        head = struct.pack("!BBH", first, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, size)
    return head + b"\0\0\0\0" + body


def _status(answer: bytes) -> str:
    return answer[9:12].decode("ascii", "replace") if answer.startswith(b"HTTP/1.") else "nothing"


async def fuzz_raw(port: int, seed: str, figures: Figures, until: float, side_by_side: int) -> None:
    """Open connections, so many at the same time."""
    fuzzers = [RawFuzzer(port, f"{seed}-raw-{number}", figures) for number in range(side_by_side)]
    await asyncio.gather(*(fuzzer.run(until) for fuzzer in fuzzers))
