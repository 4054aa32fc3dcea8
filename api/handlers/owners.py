"""Owners: whose assets are."""

import psycopg

from api.endpoint import Call, NoQuery
from api.handlers.routing import (
    as_written,
    conflict,
    delete_record,
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
    await lock_record(call, OWNERS, number, in_sight(call.caller, own_too=False))
    try:
        await OWNERS.update(call.connection, number, _checked(call))
    except psycopg.errors.UniqueViolation:
        raise _pattern_taken(call) from None
    return await as_written(call, OWNERS, number)


async def forget_owner(call: Call[NoQuery, None]) -> One[Owner]:
    """Say nothing of a pattern any more."""
    where = in_sight(call.caller, own_too=False)
    return await delete_record(call, OWNERS, call.number("owner_id"), where)


def _checked(call: Call[NoQuery, OwnerRequest]) -> dict[str, object]:
    asked = call.body
    # Taken as text, a pattern within the scope matches one of its globs.
    if not call.caller.scope.allows(asked.asset_pattern):
        raise invalid("assetPattern", "reaches beyond what the caller sees")
    return {
        "asset_pattern": asked.asset_pattern,
        "owner": asked.owner,
        "actor": call.caller.actor,
    }


def _pattern_taken(call: Call[NoQuery, OwnerRequest]) -> Refusal:
    return conflict(f"{call.body.asset_pattern!r} has an owner already")
