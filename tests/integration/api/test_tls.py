"""An edge that speaks TLS itself."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import websockets

from pipeline.topics import Topics
from tests.conftest import Starter
from tests.integration.api.certificates import certificate
from tests.integration.api.conftest import RunningEdge, Talk, eventually


async def test_https_and_wss(
    topics: Topics, make_edge: Callable[..., RunningEdge], start_tidemark: Starter, tmp_path: Path
) -> None:
    trust = certificate(tmp_path)
    edge = make_edge(tls_cert_file=tmp_path / "quality.crt", tls_key_file=tmp_path / "quality.key")
    start_tidemark("edge", settings=edge.settings)
    address = f"127.0.0.1:{edge.settings.http_port}"
    async with httpx.AsyncClient(base_url=f"https://{address}", verify=trust) as http:

        async def is_up() -> bool:
            try:
                return (await http.get("/healthz")).status_code == 200
            except httpx.TransportError:
                return False

        await eventually(is_up, 30)
        answer = await http.get("/api/quality/realtime/me")
        assert answer.status_code == 200
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
    async with websockets.connect(
        f"wss://{address}/ws/quality", ssl=trust, origin=f"https://{address}"
    ) as connection:
        talk = Talk(connection)
        assert (await talk.hear())["type"] == "connected"
        assert (await talk.ask("ping"))["type"] == "pong"
    with pytest.raises((OSError, websockets.InvalidHandshake, EOFError)):
        await websockets.connect(f"ws://{address}/ws/quality", open_timeout=5)
