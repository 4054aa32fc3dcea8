"""An edge within the test's own process: quick to start, and as good as any for REST."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from api.app import create_app
from pipeline.settings import Settings

ROOT = "http://127.0.0.1/api/quality/realtime"


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Run an edge; give a client of it."""
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=ROOT, timeout=30) as http,
    ):
        yield http
