"""What every request passes before anything else: hosts, origins, sizes, headers, figures."""

import re
import time
from collections.abc import MutableMapping
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

from api import monitor
from api.auth.authenticator import is_loopback
from api.body import Body, Budget, too_large
from api.problems import Refusal, problem_response
from pipeline.settings import Settings
from schemas.problems import ProblemCode
from schemas.websocket import CloseCode

PROBES: Final = frozenset({"/healthz", "/readyz", "/metrics"})
LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
ANY: Final = "*"

SECURITY_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
}
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Guard:
    """Pure ASGI middleware.

    A page of another site must not be able to drive an edge on the loopback, which asks
    nobody who they are: the Host header must be one that is served (DNS rebinding), and
    what a browser sends to change something, or to open a socket, must come from this
    origin or one that is allowed.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._hosts = _served_hosts(settings)
        self._origins = frozenset(origin.rstrip("/") for origin in settings.allowed_origins)
        self._max_body = settings.max_body_bytes
        self._bodies = Budget()
        self._headers = dict(SECURITY_HEADERS)
        if settings.tls_cert_file is not None:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        answer = _Answer(send, self._headers, request_id)
        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            refusal = self._check(scope, headers)
            try:
                if refusal is not None:
                    raise refusal
                body = Body(receive, scope, self._max_body, self._bodies)
            except Refusal as error:
                monitor.REFUSED.labels(error.code).inc()
                response = problem_response(error, scope["path"], request_id)
                await response(scope, receive, answer)
            else:
                try:
                    await self._app(scope, body, answer)
                finally:
                    body.release()
        route = scope.get("tidemark.route", "other")
        monitor.REQUESTS.labels(scope["method"], route, str(answer.status)).inc()
        monitor.REQUEST_SECONDS.labels(route).observe(time.perf_counter() - started)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._check(scope, Headers(scope=scope))
        if refusal is None:
            await self._app(scope, receive, send)
            return
        monitor.REFUSED.labels(refusal.code).inc()
        # Before the handshake is accepted, a close is answered as 403.
        await send({"type": "websocket.close", "code": CloseCode.POLICY, "reason": refusal.detail})

    def _check(self, scope: Scope, headers: Headers) -> Refusal | None:
        host = headers.get("host", "")
        if scope["path"] not in PROBES and not self._serves(host):
            return Refusal(
                ProblemCode.HOST_NOT_ALLOWED,
                f"the host {host!r} is not served; TIDEMARK_ALLOWED_HOSTS names those that are",
            )
        origin = headers.get("origin")
        changes = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if origin is not None and changes and not self._trusts(origin, host):
            return Refusal(
                ProblemCode.ORIGIN_NOT_ALLOWED,
                f"pages of {origin} may not do this; TIDEMARK_ALLOWED_ORIGINS names those that may",
            )
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self._max_body:
            return too_large(self._max_body)
        return None

    def _serves(self, host: str) -> bool:
        return ANY in self._hosts or _host_name(host) in self._hosts

    def _trusts(self, origin: str, host: str) -> bool:
        return origin.rstrip("/") in self._origins or _authority(origin) == host


def _served_hosts(settings: Settings) -> frozenset[str]:
    if not settings.allowed_hosts and not is_loopback(settings.http_host):
        # Then callers must authenticate, and a token is not sent along by itself.
        return frozenset({ANY})
    return LOOPBACK_NAMES | {settings.http_host} | set(settings.allowed_hosts)


def _authority(origin: str) -> str | None:
    """Return the host and port of an origin, None if it has none that can be read."""
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


class _Answer:
    """Sends a response with our headers and remembers its status."""

    def __init__(self, send: Send, headers: dict[str, str], request_id: str) -> None:
        self._send = send
        self._headers = headers
        self._request_id = request_id
        self.status = 500

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers.setdefault(name, value)
            headers["X-Request-Id"] = self._request_id
        await self._send(message)
