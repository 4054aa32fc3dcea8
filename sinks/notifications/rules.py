"""Who is to be told of what: subscriptions, silences, maintenance windows, owners."""

from typing import Final, TypeVar
from uuid import UUID

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from pipeline.rows import struct_of
from schemas.routing import AlertSubscription, MaintenanceWindow, Owner, Silence

S = TypeVar("S", bound=msgspec.Struct)

_ENABLED: Final = "SELECT * FROM alert_subscriptions_in_force WHERE enabled"
_SUBSCRIPTIONS: Final = "SELECT * FROM alert_subscriptions_in_force WHERE id = ANY(%s)"
_SILENCES: Final = "SELECT * FROM alert_silences WHERE starts_at <= now() AND ends_at > now()"
_WINDOWS: Final = """
    SELECT * FROM maintenance_windows WHERE enabled AND coalesce(ends_at > now(), true)
"""
_OWNERS: Final = "SELECT * FROM asset_owners"


async def enabled_subscriptions(connection: AsyncConnection) -> list[AlertSubscription]:
    """Return every subscription that is on."""
    return await _read(connection, AlertSubscription, _ENABLED)


async def subscriptions(
    connection: AsyncConnection, ids: list[UUID]
) -> dict[UUID, AlertSubscription]:
    """Return the subscriptions of these ids."""
    found = await _read(connection, AlertSubscription, _SUBSCRIPTIONS, ids)
    return {one.id: one for one in found}


async def silences(connection: AsyncConnection) -> list[Silence]:
    """Return the silences in force."""
    return await _read(connection, Silence, _SILENCES)


async def windows(connection: AsyncConnection) -> list[MaintenanceWindow]:
    """Return the maintenance windows that are open or may open again."""
    return await _read(connection, MaintenanceWindow, _WINDOWS)


async def owners(connection: AsyncConnection) -> list[Owner]:
    """Return who owns which assets."""
    return await _read(connection, Owner, _OWNERS)


async def _read(connection: AsyncConnection, kind: type[S], query: str, *values: object) -> list[S]:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(query.encode(), values)
    return [struct_of(kind, row) for row in await cursor.fetchall()]
