"""The edge: is it ready."""

import asyncio
import json
import ssl
from http.client import HTTPException
from typing import Final
from urllib.error import HTTPError
from urllib.request import urlopen

from cli.checks.finding import Finding
from pipeline.settings import Settings

SECONDS: Final = 5.0
ANY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - not to bind to


async def check_edge(settings: Settings, url: str | None) -> Finding:
    """Ask the edge at `url`, or the one these settings start."""
    if url is None and not settings.http_port:
        return Finding.note("edge", "TIDEMARK_HTTP_PORT is 0: say where it listens with --edge")
    return await asyncio.to_thread(_ask, (url or own_url(settings)).rstrip("/"))


def own_url(settings: Settings) -> str:
    """Return the address of the edge on this machine."""
    host = ANY_ADDRESS.get(settings.http_host, settings.http_host)
    shown = f"[{host}]" if ":" in host else host
    scheme = "https" if settings.tls_cert_file else "http"
    return f"{scheme}://{shown}:{settings.http_port}"


def _ask(url: str) -> Finding:
    # Asked by address, not by the name in its certificate, and told nothing secret.
    context = ssl._create_unverified_context()  # noqa: S323
    try:
        with urlopen(f"{url}/readyz", timeout=SECONDS, context=context):  # noqa: S310
            return Finding.ok("edge", f"{url} is ready")
    except HTTPError as error:
        with error:
            reasons = _reasons(error.read())
        return Finding.fail("edge", f"{url} is not ready: {reasons}", "mend what it waits for")
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        return Finding.warn(
            "edge", f"{url} does not answer: {reason}", "start `tidemark edge`, or see --edge"
        )


def _reasons(body: bytes) -> str:
    try:
        parts = json.loads(body)["components"]
        return "; ".join(f"{part['name']} {part['detail']}" for part in parts if not part["ready"])
    except (ValueError, LookupError, TypeError):
        return "it is no edge of Tidemark"
