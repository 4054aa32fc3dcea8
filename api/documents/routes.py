"""Serves the documents and the page to read them."""

import functools
from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.documents.asyncapi import asyncapi
from api.documents.openapi import openapi
from api.documents.page import reading_page


def document_routes() -> list[Route]:
    """Return the routes of the documents, which ask nobody for a token."""
    return [
        Route("/api/openapi.json", _serving(lambda: msgspec.json.encode(openapi()), "json")),
        Route("/api/asyncapi.json", _serving(lambda: msgspec.json.encode(asyncapi()), "json")),
        Route("/api/docs", _serving(lambda: reading_page(openapi()).encode(), "html")),
    ]


def _serving(make: Callable[[], bytes], kind: str) -> Callable[[Request], Awaitable[Response]]:
    made = functools.cache(make)
    media = {"json": "application/json", "html": "text/html"}[kind]

    async def serve(request: Request) -> Response:
        request.scope["tidemark.route"] = request.url.path
        return Response(made(), media_type=media, headers={"Cache-Control": "no-cache"})

    return serve
