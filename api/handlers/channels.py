"""Channels: where messages go. Their addresses are kept sealed and never told again."""

from typing import Any, Final

import psycopg
from msgspec import UNSET

from api.endpoint import Call, NoQuery
from api.handlers.routing import (
    MOST_OF_ONE,
    as_written,
    conflict,
    delete_record,
    list_records,
    lock_record,
    one_record,
)
from api.problems import Refusal, invalid
from api.queries.routing import (
    CHANNELS,
    DELIVERIES,
    count_of,
    order_test,
    own,
    usable,
    users_of,
)
from pipeline.channels.address import AddressError, check_secret, describe, new_secret
from pipeline.channels.networks import Networks
from pipeline.channels.sealing import SealError, Sealing
from schemas.deliveries import Delivery
from schemas.rest import One, Page
from schemas.routing import (
    Channel,
    ChannelChange,
    ChannelKind,
    ChannelRequest,
    NewChannel,
    RoutingQuery,
)

_SHOWN_USERS: Final = 3


async def channels(call: Call[RoutingQuery, None]) -> Page[Channel]:
    """List the caller's channels and the shared ones, newest first; an admin's list holds all."""
    return await list_records(call, CHANNELS, usable(call.caller))


async def channel(call: Call[NoQuery, None]) -> One[Channel]:
    """Tell one channel; of its address only what is no secret."""
    return await one_record(call, CHANNELS, call.number("channel_id"), usable(call.caller))


async def make_channel(call: Call[NoQuery, ChannelRequest]) -> One[NewChannel]:
    """Make a channel. The secret of a webhook is told this once.

    `tidemark notify test ADDRESS` tries an address beforehand.
    """
    asked = call.body
    if await count_of(call.connection, "notification_channels", call.caller.actor) >= MOST_OF_ONE:
        raise conflict(f"one actor may have {MOST_OF_ONE} channels")
    columns = _address_columns(call, asked.address)
    secret = None
    if columns["kind"] == ChannelKind.WEBHOOK:
        secret = _secret(asked.secret)
        columns["sealed_secret"] = _seal(call, secret)
    elif asked.secret is not None:
        raise invalid("secret", "only webhooks have one")
    columns |= {
        "actor": call.caller.actor,
        "name": asked.name,
        "shared": asked.shared,
        # Edges drop a notification that they have had.
        "repeatable": asked.repeatable or columns["kind"] == ChannelKind.WEBSOCKET,
    }
    _check_shared(columns["kind"], shared=asked.shared)
    try:
        number = await CHANNELS.insert(call.connection, columns)
    except psycopg.errors.UniqueViolation:
        raise _name_taken(asked.name) from None
    made = await as_written(call, CHANNELS, number)
    return One(data=NewChannel(channel=made.data, secret=secret))


async def change_channel(call: Call[NoQuery, ChannelChange]) -> One[Channel]:
    """Change a channel; what is left out stays. A webhook's secret stays in any case."""
    number, asked = call.number("channel_id"), call.body
    await lock_record(call, CHANNELS, number, own(call.caller))
    before = (await as_written(call, CHANNELS, number)).data
    columns: dict[str, Any] = {}
    if asked.address is not UNSET:
        columns |= _address_columns(call, asked.address)
        if columns["kind"] != before.kind:
            raise invalid("address", f"is none of a {before.kind} channel: make another one")
    for name in ("name", "shared", "repeatable"):
        value = getattr(asked, name)
        if value is not UNSET:
            columns[name] = value
    _check_shared(before.kind, shared=bool(columns.get("shared")))
    if before.shared and columns.get("shared") is False:
        await _check_users(call, before, [before.actor])
    if columns:
        try:
            await CHANNELS.update(call.connection, number, columns)
        except psycopg.errors.UniqueViolation:
            raise _name_taken(columns["name"]) from None
    return await as_written(call, CHANNELS, number)


async def delete_channel(call: Call[NoQuery, None]) -> One[Channel]:
    """Delete a channel that no subscription leads to."""
    number = call.number("channel_id")
    await lock_record(call, CHANNELS, number, own(call.caller))
    await _check_users(call, (await as_written(call, CHANNELS, number)).data, [])
    return await delete_record(call, CHANNELS, number, own(call.caller))


async def test_channel(call: Call[NoQuery, None]) -> One[Delivery]:
    """Have a test message sent to a channel; its delivery tells what came of it."""
    number = call.number("channel_id")
    await lock_record(call, CHANNELS, number, usable(call.caller))
    delivery = await order_test(call.connection, number, call.caller.actor)
    return await as_written(call, DELIVERIES, delivery)


def _address_columns(call: Call[Any, Any], address: str) -> dict[str, Any]:
    try:
        described = describe(address, Networks(call.edge.settings.notify_networks))
    except AddressError as error:
        raise invalid("address", str(error)) from None
    websocket = described.kind is ChannelKind.WEBSOCKET
    return {
        "kind": str(described.kind),
        "service": described.service,
        "masked": described.masked,
        "sealed_address": None if websocket else _seal(call, address),
    }


def _secret(given: str | None) -> str:
    try:
        return new_secret() if given is None else check_secret(given)
    except AddressError as error:
        raise invalid("secret", str(error)) from None


def _seal(call: Call[Any, Any], text: str) -> bytes:
    try:
        return Sealing(call.edge.settings).seal(text)
    except SealError as error:
        raise invalid("address", str(error)) from None


def _check_shared(kind: str, *, shared: bool) -> None:
    if shared and kind == ChannelKind.WEBSOCKET:
        raise invalid("shared", "a websocket channel reaches its own actor's dashboards alone")


async def _check_users(call: Call[Any, Any], channel: Channel, but: list[str]) -> None:
    users = [
        f"{name} of {actor}"
        for name, actor in await users_of(call.connection, channel.id)
        if actor not in but
    ]
    if users:
        shown = ", ".join(users[:_SHOWN_USERS]) + (" ..." if len(users) > _SHOWN_USERS else "")
        raise conflict(f"{len(users)} subscription(s) lead to it: {shown}")


def _name_taken(name: str) -> Refusal:
    return conflict(f"there is a channel named {name!r} already")
