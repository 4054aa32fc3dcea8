"""uvicorn, set up for this application."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

import structlog
import uvicorn

from api.admission import Admission, is_proxy
from api.app import create_app
from api.auth.authenticator import check_settings
from api.connection import BoundedHttp
from api.socket import HEARTBEAT_SECONDS
from api.wire import LineProtocol
from pipeline.kafka import client_options
from pipeline.settings import Settings

log = structlog.get_logger(__name__)

MAX_FRAME_BYTES: Final = 64 * 1024
DRAIN_SECONDS: Final = 1
"""How long requests under way may take to end when the edge stops."""
BACKLOG: Final = 4096
TICKS_PER_SECOND: Final = 10
"""Of uvicorn's main loop."""


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        SettingsError: the settings would leave the edge open, or make no sense together.
    """
    check_settings(settings)
    client_options(settings)
    EdgeServer(config_of(settings)).run()


def config_of(settings: Settings) -> uvicorn.Config:
    """Return how uvicorn serves an edge."""
    return uvicorn.Config(
        create_app(settings),
        host=settings.http_host,
        port=settings.http_port,
        ws=LineProtocol,
        ws_per_message_deflate=False,
        ws_max_size=MAX_FRAME_BYTES,
        ws_ping_interval=HEARTBEAT_SECONDS,
        ws_ping_timeout=HEARTBEAT_SECONDS,
        loop="uvloop",
        http=partial(  # type: ignore[arg-type]
            BoundedHttp,
            admission=Admission(settings.connections_per_address, is_proxy(settings)),
        ),
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        ssl_certfile=settings.tls_cert_file,
        ssl_keyfile=settings.tls_key_file,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        timeout_keep_alive=65,
        backlog=BACKLOG,
        lifespan="on",
    )


class EdgeServer(uvicorn.Server):
    """Tells where it listens, and ends with exit code 0 when it is asked to stop."""

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Bind, and say where."""
        await super().startup(sockets)  # type: ignore[arg-type]
        scheme = "https" if self.config.is_ssl else "http"
        for server in self.servers:
            for socket in server.sockets:
                host, port = socket.getsockname()[:2]
                shown = f"[{host}]" if ":" in host else host
                log.info("listening", url=f"{scheme}://{shown}:{port}")

    async def on_tick(self, counter: int) -> bool:
        """Once a second, end the connections whose peers are too slow."""
        if counter % TICKS_PER_SECOND == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                if isinstance(connection, BoundedHttp):
                    connection.end_if_slow(now)
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at a signal, and hurry at the second."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield
