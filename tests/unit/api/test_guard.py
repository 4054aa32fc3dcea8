from typing import Any

import httpx
import pytest

from api.auth.authenticator import check_settings, is_loopback
from api.guard import Guard
from pipeline.settings import Settings, SettingsError


async def app(scope: Any, receive: Any, send: Any) -> None:
    from starlette.requests import Request
    from starlette.responses import JSONResponse

    request = Request(scope, receive)
    await JSONResponse({"size": len(await request.body())})(scope, receive, send)


def client(**settings: Any) -> httpx.AsyncClient:
    guarded: Any = Guard(app, Settings(**settings))
    transport = httpx.ASGITransport(guarded)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:3002")


@pytest.mark.parametrize("host", ["localhost", "localhost:3002", "127.0.0.1:1", "[::1]:3002"])
async def test_the_loopbacks_names_are_served(host: str) -> None:
    async with client() as http:
        assert (await http.get("/", headers={"host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "[", "a b"])
async def test_other_hosts_are_not(host: str) -> None:
    async with client() as http:
        answer = await http.get("/", headers={"host": host})
        assert answer.status_code == 421
        assert answer.json()["code"] == "host_not_allowed"
        assert answer.json()["success"] is False
        assert (await http.get("/healthz", headers={"host": host})).status_code == 200


async def test_a_page_of_another_site_changes_nothing() -> None:
    async with client(allowed_origins=("https://good.example",)) as http:
        for origin, status in (
            ("http://evil.example", 403),
            ("null", 403),
            ("http://[", 403),
            ("http://]:3002", 403),
            ("", 403),
            ("http://localhost:3003", 403),
            ("http://localhost:3002", 200),
            ("https://good.example", 200),
        ):
            answer = await http.post("/", headers={"origin": origin})
            assert answer.status_code == status, origin
            assert (await http.get("/", headers={"origin": origin})).status_code == 200


async def test_bodies_are_bounded_whatever_their_length_says() -> None:
    from api.problems import Refusal

    async def chunks() -> Any:
        for _ in range(3):
            yield b"x" * 1000

    async with client(max_body_bytes=2048) as http:
        assert (await http.post("/", content=b"x" * 2048)).json() == {"size": 2048}
        assert (await http.post("/", content=b"x" * 2049)).status_code == 413
        with pytest.raises(Refusal, match="2048"):
            await http.post("/", content=chunks())


async def test_headers() -> None:
    async with client() as http:
        answer = await http.get("/", headers={"x-request-id": "abc-1"})
        assert answer.headers["x-request-id"] == "abc-1"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        odd = await http.get("/", headers={"x-request-id": "a b\x01"})
        assert odd.headers["x-request-id"] != "a b\x01"


async def test_with_a_name_of_its_own_only_that_is_served() -> None:
    async with client(
        http_host="0.0.0.0", authentication="on", allowed_hosts=("quality.example",)
    ) as http:
        for host, status in (("quality.example", 200), ("evil.example", 421)):
            assert (await http.get("/", headers={"host": host})).status_code == status


def test_no_authentication_beyond_the_loopback() -> None:
    for host in ("127.0.0.1", "::1", "localhost", "127.9.9.9"):
        assert is_loopback(host)
        check_settings(Settings(http_host=host))
    for host in ("0.0.0.0", "::", "10.0.0.1", "example.org", ""):
        assert not is_loopback(host)
        with pytest.raises(SettingsError, match="TIDEMARK_AUTHENTICATION"):
            check_settings(Settings(http_host=host))
        check_settings(Settings(http_host=host, authentication="on"))
    with pytest.raises(SettingsError, match="TIDEMARK_OIDC_AUDIENCE"):
        check_settings(Settings(oidc_issuer="https://issuer"))
