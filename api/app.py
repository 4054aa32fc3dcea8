"""The ASGI application."""

import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import structlog
from starlette.applications import Starlette
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from api.bulkheads import KIND
from api.dashboard import Dashboard
from api.documents.routes import document_routes
from api.edge import Edge
from api.endpoint import Endpoint
from api.guard import Guard
from api.probes import probe_routes
from api.problems import Refusal, not_found, problem_response, without_postgres
from api.routes import ENDPOINTS
from api.socket import serve_socket
from pipeline.postgres.trouble import PostgresUnavailable
from pipeline.settings import Settings
from schemas.problems import ProblemCode

log = structlog.get_logger(__name__)

GZIP_FROM_BYTES: Final = 1024
CLIENT_GONE: Final = 499
SOCKET_PATH: Final = "/ws/quality"
_HTTP_CODES: Final = {
    400: ProblemCode.BAD_REQUEST,
    404: ProblemCode.NOT_FOUND,
    405: ProblemCode.METHOD_NOT_ALLOWED,
}


class _AnyPath(PathConvertor):
    """Also paths that hold line breaks: an asset's id may."""

    regex = "(?s:.*)"


register_url_convertor("anything", _AnyPath())


def create_app(settings: Settings) -> Starlette:
    """Return the application of one edge."""
    edge = Edge(settings)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with edge.running():
            yield

    async def socket(websocket: WebSocket) -> None:
        await serve_socket(edge, websocket)

    routes: list[BaseRoute] = [
        *_endpoint_routes(edge),
        WebSocketRoute(SOCKET_PATH, socket),
        *probe_routes(edge),
        *document_routes(),
    ]
    app = Starlette(
        routes=routes,
        middleware=_middleware(settings),
        exception_handlers=_handlers(),
        lifespan=lifespan,
    )
    # Not a route: one that matches everything would hide wrong methods.
    app.router.default = Dashboard(settings)
    return app


def _endpoint_routes(edge: Edge) -> list[Route]:
    """One route for each path, so that a wrong method is answered with 405."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for endpoint in ENDPOINTS:
        by_path.setdefault(endpoint.address, {})[endpoint.method] = endpoint
    return [
        Route(path, functools.partial(_serve, edge, served), methods=list(served))
        for path, served in by_path.items()
    ]


async def _serve(edge: Edge, served: dict[str, Endpoint], request: Request) -> Response:
    endpoint = served["GET" if request.method == "HEAD" else request.method]
    request.scope["tidemark.route"] = endpoint.address
    if "\0" in request.scope["path"]:
        raise not_found("there is nothing at a path that holds U+0000")
    address = request.client.host if request.client else ""
    try:
        caller = await edge.authenticator.request(request)
    except Refusal:
        # Guessing tokens is slow work.
        _spend(edge, f"unknown@{address}")
        raise
    if edge.authenticator.is_on:
        _spend(edge, f"{caller.actor}@{address}")
    KIND.set(f"{endpoint.method} {endpoint.address}")
    return await endpoint.call(edge, caller, request)


def _spend(edge: Edge, key: str) -> None:
    wait = edge.requests.take(key)
    if wait:
        raise Refusal(
            ProblemCode.RATE_LIMITED,
            f"at most {edge.settings.requests_per_second:g} requests a second on average",
            headers={"Retry-After": str(max(1, round(wait)))},
        )


def _middleware(settings: Settings) -> list[Middleware]:
    cors = Middleware(
        CORSMiddleware,
        allow_origins=list(settings.allowed_origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["authorization", "content-type", "idempotency-key", "if-none-match"],
        expose_headers=["ETag", "Retry-After", "X-Request-Id"],
        max_age=600,
    )
    gzip = Middleware(GZipMiddleware, minimum_size=GZIP_FROM_BYTES, compresslevel=5)
    guard = Middleware(Guard, settings=settings)
    return [guard, cors, gzip] if settings.allowed_origins else [guard, gzip]


def _handlers() -> dict[Any, Callable[[Request, Any], Awaitable[Response]]]:
    # Async, since Starlette takes others to a thread.
    async def refused(request: Request, refusal: Refusal) -> Response:
        return _problem(request, refusal)

    async def not_routed(request: Request, error: HTTPException) -> Response:
        code = _HTTP_CODES.get(error.status_code, ProblemCode.BAD_REQUEST)
        return _problem(request, Refusal(code, error.detail, headers=error.headers))

    async def away(request: Request, error: PostgresUnavailable) -> Response:
        log.warning("request not met", error=str(error))
        return _problem(request, without_postgres(error))

    async def gone(_: Request, __: Exception) -> Response:
        # Nobody hears it; the figures tell it from what the edge refused.
        return Response(status_code=CLIENT_GONE)

    async def failed(request: Request, _: Exception) -> Response:
        refusal = Refusal(ProblemCode.INTERNAL, "the edge failed; its log says more")
        return _problem(request, refusal)

    return {
        Refusal: refused,
        HTTPException: not_routed,
        ClientDisconnect: gone,
        PostgresUnavailable: away,
        Exception: failed,
    }


def _problem(request: Request, refusal: Refusal) -> Response:
    return problem_response(refusal, request.url.path, request.state.request_id)
