"""What the handlers of routing have in common."""

from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from api.auth.caller import Caller
from api.auth.scope import Scope
from api.endpoint import Call
from api.problems import Refusal, invalid, not_found
from api.queries.records import Records, S
from api.queries.where import Where
from pipeline.globs import ALL
from schemas.problems import ProblemCode
from schemas.rest import One, Page
from schemas.routing import RoutingQuery

MOST_OF_ONE: Final = 500
"""Subscriptions, and channels, that one actor may have."""


async def list_records(call: Call[Any, Any], records: Records[S], where: Where) -> Page[S]:
    """Return a page of the records that meet `where`."""
    query: RoutingQuery = call.query
    async with call.edge.pool.connection() as connection:
        found, following = await records.page(connection, where, query.limit, query.cursor)
    return Page(data=found, count=len(found), next_cursor=following)


async def one_record(
    call: Call[Any, Any], records: Records[S], number: UUID, where: Where
) -> One[S]:
    """Return a record that meets `where`.

    Raises:
        Refusal: there is none, or not for the caller to see.
    """
    async with call.edge.pool.connection() as connection:
        found = await records.one(connection, number, where)
    if found is None:
        raise not_found(f"there is nothing with the id {number}")
    return One(data=found)


async def lock_record(
    call: Call[Any, Any], records: Records[S], number: UUID, where: Where
) -> None:
    """Keep others from changing a record while this step lasts.

    Raises:
        Refusal: there is none, or not for the caller to change.
    """
    if not await records.lock(call.connection, number, where):
        raise not_found(f"there is nothing with the id {number}, or it is not yours")


async def as_written(call: Call[Any, Any], records: Records[S], number: UUID) -> One[S]:
    """Return a record as it is after this step."""
    found = await records.one(call.connection, number, Where())
    assert found is not None, "it was written in this transaction"  # noqa: S101
    return One(data=found)


async def delete_record(
    call: Call[Any, Any], records: Records[S], number: UUID, where: Where
) -> One[S]:
    """Delete a record; return what it was.

    Raises:
        Refusal: there is none, or not for the caller to change.
    """
    await lock_record(call, records, number, where)
    last = await as_written(call, records, number)
    await records.delete(call.connection, number)
    return last


def written_by(caller: Caller, said: msgspec.Struct, *leave_out: str) -> dict[str, Any]:
    """Return the columns of what `caller` said, and how far it reaches."""
    columns = msgspec.structs.asdict(said)
    for name in leave_out:
        del columns[name]
    return columns | {"actor": caller.actor, "scope": list(caller.scope.globs)}


def rewritten_by(
    caller: Caller, said: msgspec.Struct, actor: str, scope: list[str], *leave_out: str
) -> dict[str, Any]:
    """Return the columns of what `caller` makes of a record.

    It stays its author's, and reaches no further than both its author and `caller` see: neither
    may widen it for the other.

    Raises:
        Refusal: each sees what the other does not.
    """
    columns = written_by(caller, said, *leave_out)
    if actor == caller.actor:
        return columns
    both = caller.scope.narrower(Scope(scope))
    if both is None:
        raise Refusal(
            ProblemCode.NOT_ALLOWED,
            f"it reaches assets that you do not see; ask its author, {actor}, to change it",
        )
    return columns | {"actor": actor, "scope": list(both.globs)}


def check_reach(caller: Caller, actor: str, asset_pattern: str | None) -> None:
    """Refuse to touch what somebody else said of assets that the caller does not see.

    Raises:
        Refusal: it reaches further, though its pattern, taken as a text, lies within the scope.
    """
    if actor != caller.actor and not caller.scope.covers(asset_pattern or ALL):
        raise Refusal(ProblemCode.NOT_ALLOWED, "it reaches assets that you do not see")


def texts(values: list[Any]) -> list[str]:
    """Return enumerated values as the texts they are kept as."""
    return [str(value) for value in values]


def check_time_zone(field: str, name: str) -> None:
    """Refuse a time zone that there is not.

    Raises:
        Refusal: it names the field.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise invalid(
            field, f"there is no time zone {name!r}; give one like Europe/Berlin"
        ) from None


def check_selector(asset_pattern: str | None, source: str | None) -> None:
    """Refuse what would mean every alert without saying so.

    Raises:
        Refusal: neither is given.
    """
    if asset_pattern is None and source is None:
        raise invalid("assetPattern", "is needed, or source; * means every asset")


def conflict(detail: str) -> Refusal:
    """Return the refusal of what can't be done as things stand."""
    return Refusal(ProblemCode.CONFLICT, detail)
