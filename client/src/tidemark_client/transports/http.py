"""Events over HTTP to the edge, with the standard library alone."""

import codecs
import contextlib
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from email.message import Message
from functools import partial
from typing import IO, Any, Final

from tidemark_client.address import checked_token, checked_url
from tidemark_client.encode import Envelope
from tidemark_client.transports import Refusal, Unavailable

EVENTS_PATH: Final = "/api/quality/realtime/events"
RETRYABLE: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
WHOLE_BATCH: Final = frozenset({400, 413, 422})
"""Refusals that may be one event's fault, or the batch's for its size."""
MOST_BYTES: Final = 1024 * 1024
"""Of one request. An edge that finds a body too large may hang up before it says so."""
MOST_ANSWER: Final = 8 * 1024 * 1024

# Host names are looked up in it, and at the end of the process nothing can be imported.
codecs.lookup("idna")


class HttpTransport:
    """POSTs arrays of events.

    Args:
        url: address of the edge, such as `http://tidemark:3002`.
        token: sent as a bearer token, where the edge asks for one.
        timeout: seconds for one request.

    Raises:
        ConfigurationError: the address is no http or https URL, or the token can't
            travel in a header.
    """

    def __init__(self, url: str, token: str | None = None, *, timeout: float = 10.0) -> None:
        base = checked_url(url)
        self._url = base if base.endswith(EVENTS_PATH) else base + EVENTS_PATH
        self._token = _Secret(checked_token(token))
        self._timeout = timeout
        # Proxies come from the environment. A redirected POST would lose its body and take
        # the token elsewhere. Whoever debugs http.client must not see the token either.
        self._opener = urllib.request.build_opener(
            _NoRedirects,
            urllib.request.HTTPHandler(debuglevel=0),
            urllib.request.HTTPSHandler(debuglevel=0),
        )

    def __reduce__(self) -> tuple[Any, ...]:
        token = self._token.value
        return partial(HttpTransport, self._url, token, timeout=self._timeout), ()

    def __repr__(self) -> str:
        return f"<HTTP {self._url}>"

    def send(self, batch: Sequence[Envelope]) -> list[Refusal]:
        """Deliver a batch; one refused as a whole is halved until the culprit stands alone."""
        refused: list[Refusal] = []
        rest = list(batch)
        for part in _parts(batch):
            rest = rest[len(part) :]
            try:
                refused += self._send_part(part)
            except Unavailable as error:
                error.refusals = refused + error.refusals
                error.undelivered += rest
                raise
        return refused

    def send_last(self, batch: Sequence[Envelope], timeout: float) -> list[Refusal]:
        """Deliver a batch within `timeout` seconds, without any other thread."""
        hurried = HttpTransport(self._url, self._token.value, timeout=min(timeout, self._timeout))
        return hurried.send(batch)

    def close(self) -> None:
        """Nothing to let go of: each request has its own connection."""

    def after_fork(self) -> None:
        """Nothing to forget."""

    def _send_part(self, batch: Sequence[Envelope]) -> list[Refusal]:
        try:
            return self._post(batch)
        except urllib.error.HTTPError as error:
            with error:
                return self._answered(error, batch)
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(f"{self._url}: {_cause(error)}", batch) from error

    def _post(self, batch: Sequence[Envelope]) -> list[Refusal]:
        body = b"[" + b",".join(envelope.body for envelope in batch) + b"]"
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        request = urllib.request.Request(self._url, data=body, headers=headers, method="POST")
        if self._token.value:
            request.add_unredirected_header("Authorization", f"Bearer {self._token.value}")
        with self._opener.open(request, timeout=self._timeout) as response:
            refused = _verdicts(response.read(MOST_ANSWER), batch)
        if refused is None:
            raise Unavailable(
                f"{self._url}: answered {response.status}, but not as Tidemark does; "
                "is the address right?",
                batch,
            )
        return refused

    def _answered(self, error: urllib.error.HTTPError, batch: Sequence[Envelope]) -> list[Refusal]:
        reason = f"{self._url}: {error.code} {error.reason}"
        if error.code in RETRYABLE:
            raise Unavailable(reason, batch, retry_after=_retry_after(error.headers)) from error
        if error.code in WHOLE_BATCH and len(batch) > 1:
            return self._halve(batch)
        if error.code in {401, 403}:
            reason += "; is the token right?"
        elif 300 <= error.code < 400:
            reason += f"; give the address it leads to: {error.headers.get('Location', '')[:200]!r}"
        said = _detail(error)
        return [Refusal(envelope, f"{reason}{said}") for envelope in batch]

    def _halve(self, batch: Sequence[Envelope]) -> list[Refusal]:
        middle = len(batch) // 2
        first, second = batch[:middle], batch[middle:]
        try:
            refused = self._send_part(first)
        except Unavailable as error:
            error.undelivered += second
            raise
        try:
            return refused + self._send_part(second)
        except Unavailable as error:
            error.refusals += refused
            raise


class _Secret:
    """Keeps a value out of what debuggers and error trackers write of local variables."""

    def __init__(self, value: str | None) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "<secret>" if self.value else "<none>"


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str,
        headers: Message, newurl: str,
    ) -> None:  # fmt: skip
        """Follow nothing."""


def _parts(batch: Sequence[Envelope]) -> Iterator[list[Envelope]]:
    """Split a batch into requests of bounded size, in order."""
    part: list[Envelope] = []
    size = 0
    for envelope in batch:
        if part and size + len(envelope.body) > MOST_BYTES:
            yield part
            part, size = [], 0
        part.append(envelope)
        size += len(envelope.body) + 1
    if part:
        yield part


def _verdicts(answer: bytes, batch: Sequence[Envelope]) -> list[Refusal] | None:
    """Read the verdict per item; None where the answer is not an edge's."""
    try:
        items: Any = json.loads(answer)["data"]
        return [
            Refusal(batch[item["index"]], str(item["error"])) for item in items if item.get("error")
        ]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return None


def _detail(error: urllib.error.HTTPError) -> str:
    """Return the edge's own words, whether or not they came as a problem document."""
    try:
        said = error.read(2000).decode("utf-8", "replace").strip()
    except (OSError, http.client.HTTPException):
        return ""
    with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
        said = str(json.loads(said)["detail"])
    return f": {said[:500]}" if said else ""


def _retry_after(headers: Message) -> float | None:
    value = headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdecimal() and len(value) < 10 else None


def _cause(error: BaseException) -> object:
    return getattr(error, "reason", None) or error
