"""Requests made from the OpenAPI document."""

import asyncio
import gzip
import json
import time
import zlib
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx

from benchmarks.fuzz import values
from benchmarks.fuzz.figures import Figures

ANSWERED_SECONDS = 20.0
HARVESTED = 200
ODD_BODIES = (
    b"[" * 50_000, b'{"a":' * 50_000, b"[{}" + b",{}" * 5000 + b"]", b"NaN", b"9" * 5000,
    b'"\\ud800"', b"\xef\xbb\xbf{}", b"\xff\xfe{\0}\0",
)  # fmt: skip


HEADERS = (
    "Idempotency-Key", "If-None-Match", "X-Request-Id", "Accept", "Authorization",
    "Accept-Encoding", "Range", "Cookie",
)  # fmt: skip


class Operation(NamedTuple):
    """A path and a method of it."""

    method: str
    path: str
    described: Mapping[str, Any]


def operations() -> list[Operation]:
    """Return every operation of the document."""
    return [
        Operation(method.upper(), path, described)
        for path, methods in values.DOCUMENT["paths"].items()
        for method, described in methods.items()
        if method in {"get", "post", "put", "patch", "delete"}
    ]


class RestFuzzer:
    """Sends one request after another."""

    def __init__(self, url: str, seed: str, figures: Figures) -> None:
        self._random = Random(seed)
        self._figures = figures
        self._http = httpx.AsyncClient(base_url=url, timeout=ANSWERED_SECONDS)
        self._operations = operations()
        self._ids: list[str] = []

    async def run(self, until: float) -> None:
        """Go on until then."""
        async with self._http:
            while time.monotonic() < until:
                await self.once()

    async def once(self) -> None:
        """Send a request and judge the answer."""
        random = self._random
        operation = random.choice(self._operations)
        try:
            request = self._request(operation)
        except (UnicodeError, httpx.InvalidURL):
            return
        told = f"{request.method} {request.url} {request.headers.raw} {request.content[:600]!r}"
        try:
            answer = await self._http.send(request)
        except httpx.TransportError as error:
            self._figures.fault(f"{type(error).__name__} {error}: {told}")
            return
        self._figures.saw("rest", str(answer.status_code))
        if answer.status_code >= 500 and not (
            answer.status_code == 503 and "retry-after" in answer.headers
        ):
            self._figures.fault(f"{answer.status_code} {answer.text[:200]}: {told}")
        self._harvest(answer)

    def _request(self, operation: Operation) -> httpx.Request:
        random = self._random
        parameters = operation.described.get("parameters", [])
        path = operation.path
        for one in parameters:
            if one["in"] == "path":
                path = path.replace("{" + one["name"] + "}", quote(self._in_path(one), safe=""))
        query = [
            (one["name"], self._in_query(one))
            for one in parameters
            if one["in"] == "query" and random.random() < (0.95 if one.get("required") else 0.3)
        ]
        if random.random() < 0.03:
            query.append((values.text(random), values.text(random)))
        encoded = "&".join(
            f"{quote(n, errors='replace')}={quote(v, errors='replace')}" for n, v in query
        )
        headers, content = self._body(operation)
        return self._http.build_request(
            operation.method, f"{path}?{encoded}" if encoded else path,
            headers=headers | self._headers(), content=content,
        )  # fmt: skip

    def _in_path(self, one: Mapping[str, Any]) -> str:
        if self._ids and self._random.random() < 0.6:
            return self._random.choice(self._ids)
        made = str(values.fitting(self._random, one.get("schema", {})))
        return made.encode("utf-8", "replace").decode()[:2000]

    def _in_query(self, one: Mapping[str, Any]) -> str:
        if one["name"] == "cursor":
            return values.cursor(self._random)
        made = values.fitting(self._random, one.get("schema", {}))
        if isinstance(made, list):
            return ",".join(map(str, made))
        return str(made) if not isinstance(made, bool) else str(made).lower()

    def _headers(self) -> dict[str, str]:
        random, chosen = self._random, {}
        if random.random() < 0.1:
            odd = "".join(chr(random.randrange(33, 127)) for _ in range(random.randrange(1, 80)))
            chosen[random.choice(HEADERS)] = random.choice(
                (odd, "*", 'W/"x"', "Bearer x", "bytes=0-")
            )
        if random.random() < 0.03:
            chosen["Origin"] = random.choice(("http://[", "null", "http://evil", "://", "x" * 300))
        return chosen

    def _body(self, operation: Operation) -> tuple[dict[str, str], bytes | None]:
        random = self._random
        taken = operation.described.get("requestBody", {}).get("content", {})
        if not taken:
            return {}, None
        media = random.choice(list(taken))
        content = self._content(media, taken[media].get("schema", {}))
        headers = {"Content-Type": media if random.random() < 0.95 else values.TEXTS[27]}
        draw = random.random()
        if draw < 0.05:
            headers["Content-Encoding"], content = "gzip", gzip.compress(content)
        elif draw < 0.08:
            headers["Content-Encoding"], content = "deflate", zlib.compress(content)
        elif draw < 0.1:
            headers["Content-Encoding"] = random.choice(("gzip", "deflate", "br", "gzip, gzip"))
        return headers, content

    def _content(self, media: str, schema: Mapping[str, Any]) -> bytes:
        random, draw = self._random, self._random.random()
        if draw < 0.05:
            return random.randbytes(random.randrange(300))
        if draw < 0.08:
            return random.choice(ODD_BODIES)
        if media == "text/csv":
            return self._csv()
        is_text = schema.get("type") == "string"
        made = values.anything(random) if is_text else values.fitting(random, schema)
        whole = json.dumps(made).encode()
        if draw < 0.15 and whole:
            at = random.randrange(len(whole))
            whole = whole[:at] + random.randbytes(1) + whole[at + random.randrange(2) :]
        return whole

    def _csv(self) -> bytes:
        rows = [
            ",".join(values.text(self._random).replace("\0", "") for _ in range(4))
            for _ in range(5)
        ]
        return "\n".join(["asset,metric,value,timestamp", *rows]).encode("utf-8", "replace")

    def _harvest(self, answer: httpx.Response) -> None:
        """Keep the ids of what there is, to ask for it again."""
        if answer.status_code >= 300 or not answer.headers.get("content-type", "").startswith(
            "application/json"
        ):
            return
        for found in _ids(answer.json()):
            if len(self._ids) >= HARVESTED:
                self._ids.pop(self._random.randrange(HARVESTED))
            self._ids.append(found)


def _ids(found: Any) -> Iterator[str]:
    data = found.get("data") if isinstance(found, dict) else None
    for one in data[:3] if isinstance(data, list) else [data]:
        if isinstance(one, dict):
            yield from (one[name] for name in ("id", "assetId") if isinstance(one.get(name), str))


async def fuzz_rest(url: str, seed: str, figures: Figures, until: float, side_by_side: int) -> None:
    """Send requests, so many at the same time."""
    fuzzers = [RestFuzzer(url, f"{seed}-rest-{number}", figures) for number in range(side_by_side)]
    await asyncio.gather(*(fuzzer.run(until) for fuzzer in fuzzers))
