"""The endpoint `/ws/quality`: from handshake to goodbye."""

import asyncio
from collections import defaultdict
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Final

import msgspec
import psycopg
import structlog
from starlette.websockets import WebSocket

from api.auth.caller import Caller, Permission
from api.live.asgi_line import AsgiLine
from api.live.client import Client
from api.live.conversation import Conversation
from api.live.line import Line
from api.live.outbox import LineLost
from api.problems import Refusal, from_validation
from api.wire import EXTENSION
from pipeline.postgres.trouble import PostgresUnavailable
from schemas.problems import ProblemCode
from schemas.websocket import (
    PROTOCOL_VERSION,
    CloseCode,
    Connected,
    Error,
    Selection,
    Subscribed,
)

if TYPE_CHECKING:
    from api.edge import Edge

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS: Final = 20.0
AUTHENTICATION_SECONDS: Final = 5.0
RECHECK_SECONDS: Final = 15.0
"""Sockets whose token has expired or was revoked are closed after this long at the latest."""


async def serve_socket(edge: "Edge", socket: WebSocket) -> None:
    """Talk to one client until it leaves."""
    address = socket.client.host if socket.client else ""
    with ExitStack() as waits:
        if edge.hub.is_full or not _may_wait(edge, address, waits):
            await socket.close(CloseCode.TRY_AGAIN_LATER, "too many connections")
        else:
            await _serve(edge, socket, address, waits)


def _may_wait(edge: "Edge", address: str, waits: ExitStack) -> bool:
    if edge.authenticator.is_on:
        if not edge.waiting.enter(address):
            return False
        waits.callback(edge.waiting.leave, address)
    return True


async def _serve(edge: "Edge", socket: WebSocket, address: str, waits: ExitStack) -> None:
    """Talk to one client; `waits` ends as soon as it is known who that is."""
    await socket.accept()
    line: Line = socket.scope.get("extensions", {}).get(EXTENSION) or AsgiLine(socket)
    client = Client(edge.hub, line, address, socket.headers.get("user-agent", "")[:255])
    edge.hub.add(client)
    try:
        with suppress(LineLost):
            await _converse(edge, socket, client, waits)
    finally:
        client.leave()
        if isinstance(line, AsgiLine):
            await line.finish()


async def _converse(edge: "Edge", socket: WebSocket, client: Client, waits: ExitStack) -> None:
    conversation = Conversation(edge, client)
    if not await _welcome(edge, socket, client):
        return
    deadline = None
    if client.caller is None:
        deadline = asyncio.get_running_loop().call_later(AUTHENTICATION_SECONDS, _too_late, client)
    assets = socket.query_params.get("assets")
    if client.caller is not None:
        waits.close()
        _subscribe(client, assets)
        assets = None
    try:
        while not client.closed.is_set():
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            await conversation.hear(message.get("bytes") or b"" if text is None else text)
            if client.caller is not None:
                waits.close()
                _subscribe(client, assets)
                assets = None
    finally:
        if deadline is not None:
            deadline.cancel()


async def _welcome(edge: "Edge", socket: WebSocket, client: Client) -> bool:
    """Send the first message; return whether the conversation goes on."""
    ticket = socket.query_params.get("ticket")
    refusal = None
    if ticket is not None or not edge.authenticator.is_on:
        try:
            caller = await edge.authenticator.socket(None, ticket, client.address)
            caller.require(Permission.READ)
            client.caller = caller
        except Refusal as error:
            refusal = error
        except (PostgresUnavailable, psycopg.Error):
            refusal = Refusal(ProblemCode.UNAVAILABLE, "PostgreSQL is not available")
    client.reply(
        "connected",
        Connected(
            client_id=client.id,
            protocol_version=PROTOCOL_VERSION,
            heartbeat_interval=HEARTBEAT_SECONDS,
            authentication_required=client.caller is None,
            authentication_timeout=AUTHENTICATION_SECONDS,
            edge_id=edge.id,
        ),
    )
    if refusal is not None:
        client.reply("error", Error(code=refusal.code, message=refusal.detail))
        client.close(_close_code(refusal), refusal.detail)
        return False
    return True


def _subscribe(client: Client, assets: str | None) -> None:
    """Subscribe to the ids and globs, if any, that the address names."""
    named = [asset for asset in (assets or "").split(",") if asset]
    if not named:
        return
    try:
        client.subscribe(_selection(named))
    except Refusal as refusal:
        client.reply("error", Error(code=refusal.code, message=refusal.detail, field="assets"))
    else:
        client.reply("subscribed", Subscribed(subscriptions=client.subscriptions.told()))


def _selection(named: list[str]) -> Selection:
    try:
        return msgspec.convert({"assetIds": named}, Selection)
    except msgspec.ValidationError as error:
        raise from_validation(error) from None


def _close_code(refusal: Refusal) -> int:
    match refusal.code:
        case ProblemCode.NOT_ALLOWED:
            return CloseCode.NOT_ALLOWED
        case ProblemCode.UNAVAILABLE:
            return CloseCode.TRY_AGAIN_LATER
        case _:
            return CloseCode.NOT_AUTHENTICATED


def _too_late(client: Client) -> None:
    if client.caller is None:
        client.close(CloseCode.NOT_AUTHENTICATED, "nobody said who is there")


async def recheck_callers(edge: "Edge") -> None:
    """Close sockets whose token is no longer good; until cancelled."""
    while True:
        await asyncio.sleep(RECHECK_SECONDS)
        by_caller: dict[Caller, list[Client]] = defaultdict(list)
        for client in edge.hub.clients:
            if client.caller is not None:
                by_caller[client.caller].append(client)
        for caller, clients in by_caller.items():
            try:
                valid = await edge.authenticator.still_valid(caller)
            except (PostgresUnavailable, psycopg.Error) as error:
                log.warning("tokens can't be checked", error=str(error))
                break
            for client in () if valid else clients:
                client.close(CloseCode.NOT_AUTHENTICATED, "the token has expired or was revoked")
