"""Events over HTTP to the edge, with the standard library alone."""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from email.message import Message
from typing import IO, Any, Final
from urllib.parse import urlsplit

from tidemark_client.encode import Envelope
from tidemark_client.errors import ConfigurationError
from tidemark_client.transports import Refusal, Unavailable

EVENTS_PATH: Final = "/api/quality/realtime/events"
RETRYABLE: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
WHOLE_BATCH: Final = frozenset({400, 413, 422})
"""Refusals that may be one event's fault, or the batch's for its size."""


class HttpTransport:
    """POSTs arrays of events.

    Args:
        url: address of the edge, such as `http://tidemark:3002`.
        token: sent as a bearer token, where the edge asks for one.
        timeout: seconds for one request.

    Raises:
        ConfigurationError: the address is no http or https URL.
    """

    def __init__(self, url: str, token: str | None = None, *, timeout: float = 10.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigurationError(f"not an http(s) address: {url!r}")
        base = url.rstrip("/")
        self._url = base if base.endswith(EVENTS_PATH) else base + EVENTS_PATH
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._timeout = timeout
        # Proxies come from the environment; a redirected POST would lose its body.
        self._opener = urllib.request.build_opener(_NoRedirects)

    def send(self, batch: Sequence[Envelope]) -> list[Refusal]:
        """Deliver a batch; one refused as a whole is halved until the culprit stands alone."""
        try:
            return self._post(batch)
        except urllib.error.HTTPError as error:
            with error:
                return self._answered(error, batch)
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(f"{self._url}: {_cause(error)}", batch) from error

    def close(self) -> None:
        """Nothing to let go of: each request has its own connection."""

    def after_fork(self) -> None:
        """Nothing to forget."""

    def _post(self, batch: Sequence[Envelope]) -> list[Refusal]:
        body = b"[" + b",".join(envelope.body for envelope in batch) + b"]"
        request = urllib.request.Request(self._url, data=body, headers=self._headers, method="POST")
        with self._opener.open(request, timeout=self._timeout) as response:
            return _verdicts(response.read(), batch)

    def _answered(self, error: urllib.error.HTTPError, batch: Sequence[Envelope]) -> list[Refusal]:
        reason = f"{self._url}: {error.code} {error.reason}"
        if error.code in RETRYABLE:
            raise Unavailable(reason, batch, retry_after=_retry_after(error.headers)) from error
        if error.code in WHOLE_BATCH and len(batch) > 1:
            return self._halve(batch)
        if error.code in {401, 403}:
            reason += "; is the token right?"
        said = _detail(error)
        return [Refusal(envelope, f"{reason}{said}") for envelope in batch]

    def _halve(self, batch: Sequence[Envelope]) -> list[Refusal]:
        middle = len(batch) // 2
        first, second = batch[:middle], batch[middle:]
        try:
            refused = self.send(first)
        except Unavailable as error:
            error.undelivered += second
            raise
        try:
            return refused + self.send(second)
        except Unavailable as error:
            error.refusals += refused
            raise


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str,
        headers: Message, newurl: str,
    ) -> None:  # fmt: skip
        """Follow nothing."""


def _verdicts(answer: bytes, batch: Sequence[Envelope]) -> list[Refusal]:
    """Read the verdict per item; an answer without one took them all."""
    try:
        items: Any = json.loads(answer)["data"]
        return [
            Refusal(batch[item["index"]], str(item["error"])) for item in items if item.get("error")
        ]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return []


def _detail(error: urllib.error.HTTPError) -> str:
    text = error.read(500).decode("utf-8", "replace").strip()
    return f": {text}" if text else ""


def _retry_after(headers: Message) -> float | None:
    value = headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else None


def _cause(error: BaseException) -> object:
    return getattr(error, "reason", None) or error
