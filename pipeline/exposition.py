"""`/metrics` and `/healthz` of a process that serves nothing else."""

import asyncio
import socket
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Thread
from typing import Final

import structlog
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipeline.settings import Settings, SettingsError

log = structlog.get_logger(__name__)

TURN_SECONDS: Final = 5.0
"""How long the event loop may take to get round to a health check."""


def process_registry() -> CollectorRegistry:
    """Return a registry that tells of the process itself: memory, CPU, garbage."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


@contextmanager
def exposed(
    settings: Settings, registry: CollectorRegistry, loop: asyncio.AbstractEventLoop
) -> Iterator[None]:
    """Serve the metrics of `registry`, and whether `loop` still turns, if a port is set.

    Served from a thread, so that there is an answer also when the loop is stuck,
    and before Faust starts its own services: those wait for the recovery of state.

    Raises:
        SettingsError: the port can't be had.
    """
    if not settings.metrics_port:
        yield
        return
    listener = _listen(settings.metrics_host, settings.metrics_port)
    server = uvicorn.Server(
        uvicorn.Config(
            application(registry, loop),
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="off",
        )
    )
    thread = Thread(target=server.run, args=([listener],), name="exposition", daemon=True)
    thread.start()
    log.info("metrics are served", port=settings.metrics_port)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(TURN_SECONDS)
        listener.close()


def application(registry: CollectorRegistry, loop: asyncio.AbstractEventLoop) -> Starlette:
    """Return the ASGI application."""

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    async def healthz(_request: Request) -> Response:
        if await _turns(loop):
            return JSONResponse({"status": "ok"})
        return JSONResponse({"status": "the event loop is stuck"}, 503)

    return Starlette(routes=[Route("/metrics", metrics), Route("/healthz", healthz)])


async def _turns(loop: asyncio.AbstractEventLoop) -> bool:
    turned: Future[None] = Future()
    try:
        loop.call_soon_threadsafe(turned.set_result, None)
        await asyncio.wait_for(asyncio.wrap_future(turned), TURN_SECONDS)
    except (RuntimeError, TimeoutError):  # closed, or busy
        return False
    return True


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise SettingsError(
            f"TIDEMARK_METRICS_PORT: can't listen on {host}:{port}: {error.strerror or error}"
        ) from None
