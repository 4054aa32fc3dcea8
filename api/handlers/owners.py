"""Owners: whose assets are."""

from typing import Any
from uuid import UUID

import psycopg

from api.endpoint import Call, NoQuery
from api.handlers.routing import (
    as_written,
    check_reach,
    conflict,
    list_records,
    lock_record,
    one_record,
)
from api.problems import Refusal, invalid
from api.queries.routing import OWNERS, in_sight
from schemas.rest import One, Page
from schemas.routing import Owner, OwnerRequest, RoutingQuery


async def owners(call: Call[RoutingQuery, None]) -> Page[Owner]:
    """List who owns which assets, newest first."""
    return await list_records(call, OWNERS, in_sight(call.caller, own_too=False))


async def owner(call: Call[NoQuery, None]) -> One[Owner]:
    """Tell whose the assets of one pattern are."""
    where = in_sight(call.caller, own_too=False)
    return await one_record(call, OWNERS, call.number("owner_id"), where)


async def name_owner(call: Call[NoQuery, OwnerRequest]) -> One[Owner]:
    """Say whose the assets of a pattern are."""
    try:
        number = await OWNERS.insert(call.connection, _checked(call))
    except psycopg.errors.UniqueViolation:
        raise _pattern_taken(call) from None
    return await as_written(call, OWNERS, number)


async def change_owner(call: Call[NoQuery, OwnerRequest]) -> One[Owner]:
    """Say something else of a pattern."""
    number = call.number("owner_id")
    await _lock(call, number)
    try:
        await OWNERS.update(call.connection, number, _checked(call))
    except psycopg.errors.UniqueViolation:
        raise _pattern_taken(call) from None
    return await as_written(call, OWNERS, number)


async def forget_owner(call: Call[NoQuery, None]) -> One[Owner]:
    """Say nothing of a pattern any more."""
    number = call.number("owner_id")
    last = await _lock(call, number)
    await OWNERS.delete(call.connection, number)
    return last


async def _lock(call: Call[Any, Any], number: UUID) -> One[Owner]:
    await lock_record(call, OWNERS, number, in_sight(call.caller, own_too=False))
    before = await as_written(call, OWNERS, number)
    check_reach(call.caller, "", before.data.asset_pattern)
    return before


def _check_reach(call: Call[Any, Any], pattern: str) -> None:
    if not call.caller.scope.covers(pattern):
        raise invalid("assetPattern", "reaches beyond what the caller sees")


def _checked(call: Call[NoQuery, OwnerRequest]) -> dict[str, object]:
    asked = call.body
    _check_reach(call, asked.asset_pattern)
    return {
        "asset_pattern": asked.asset_pattern,
        "owner": asked.owner,
        "actor": call.caller.actor,
        "author": call.caller.label,
    }


def _pattern_taken(call: Call[NoQuery, OwnerRequest]) -> Refusal:
    return conflict(f"{call.body.asset_pattern!r} has an owner already")
