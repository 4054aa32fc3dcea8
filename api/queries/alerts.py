"""Alerts as PostgreSQL has them."""

import re
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from psycopg import AsyncConnection, sql
from psycopg.rows import class_row, dict_row

from api.auth.scope import Scope
from api.paging import cursor_of, key_of, split
from api.queries.where import Where
from pipeline.postgres.pool import Pool
from schemas.alerts import Alert, AlertMetadata, AlertStatus, AlertType, Severity
from schemas.lifecycle import AlertFilter, AuditEntry

_COLUMNS: Final = """
    id, asset_id, asset_name, alert_type, message, severity, status, "timestamp", metadata,
    step_id, changed_at, changed_by, source, resolution, comment, assignee
"""
_ONE: Final = f"SELECT {_COLUMNS} FROM quality_alerts_realtime WHERE id = %s"  # noqa: S608
_LOCK: Final = f"{_ONE} FOR UPDATE"
_PAGE: Final = sql.SQL(f"""
    SELECT {_COLUMNS} FROM quality_alerts_realtime
    WHERE {{where}} ORDER BY "timestamp" DESC, id DESC LIMIT %(limit)s
""")  # noqa: S608
_LOCK_MANY: Final = sql.SQL(f"""
    SELECT {_COLUMNS} FROM quality_alerts_realtime
    WHERE {{where}} ORDER BY id LIMIT %(limit)s FOR UPDATE
""")  # noqa: S608
_AUDIT: Final = """
    SELECT step_id, alert_id, action, actor, at, from_status, to_status, resolution, comment,
           assignee
    FROM alert_audit WHERE alert_id = %s ORDER BY at, number
"""
_OUTBOX: Final = "SELECT count(*) FROM alert_outbox"


class AlertKey(NamedTuple):
    """Where a page of alerts ended."""

    timestamp: datetime
    id: UUID


class AlertQueries:
    """Reads alerts and their audit."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def page(
        self, scope: Scope, wanted: AlertFilter, limit: int, cursor: str | None
    ) -> tuple[list[Alert], str | None]:
        """Return a page, newest first, and the cursor of what follows.

        Raises:
            Refusal: the cursor is not ours.
        """
        where = where_of(scope, wanted)
        after = key_of(cursor, AlertKey)
        if after is not None:
            where.add('("timestamp", id) < (%(at)s, %(id)s)', at=after.timestamp, id=after.id)
        async with self._pool.connection() as connection:
            found = connection.cursor(row_factory=dict_row)
            await found.execute(_PAGE.format(where=where.text), where.values | {"limit": limit + 1})
            rows, more = split(await found.fetchall(), limit)
        alerts = [alert_of(row) for row in rows]
        return alerts, cursor_of(alerts[-1].timestamp, alerts[-1].id) if more else None

    async def one(self, alert_id: UUID) -> Alert | None:
        """Return an alert, None if there is none."""
        async with self._pool.connection() as connection:
            return await _fetch(connection, _ONE, alert_id)

    async def audit(self, alert_id: UUID) -> list[AuditEntry]:
        """Return the steps people took with an alert, oldest first."""
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(AuditEntry))
            return await (await cursor.execute(_AUDIT, (alert_id,))).fetchall()

    async def outbox(self) -> int:
        """Return how many steps wait to be relayed."""
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_OUTBOX)).fetchone()
        return row[0] if row else 0


async def lock_alert(connection: AsyncConnection, alert_id: UUID) -> Alert | None:
    """Return an alert that nobody else may change until the transaction ends."""
    return await _fetch(connection, _LOCK, alert_id)


async def lock_alerts(
    connection: AsyncConnection, scope: Scope, wanted: AlertFilter, limit: int
) -> list[Alert]:
    """Return up to `limit` alerts that nobody else may change until the transaction ends."""
    where = where_of(scope, wanted)
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_LOCK_MANY.format(where=where.text), where.values | {"limit": limit})
    return [alert_of(row) for row in await cursor.fetchall()]


def where_of(scope: Scope, wanted: AlertFilter) -> Where:
    """Return the conditions that `wanted` means, within `scope`."""
    where = Where()
    where.add_scope(scope)
    where.add_asset(wanted.asset_id)
    where.add_given("id = ANY(%(ids)s)", ids=wanted.ids)
    where.add_given("status = ANY(%(status)s)", status=_texts(wanted.status))
    where.add_given("severity = ANY(%(severity)s)", severity=_texts(wanted.severity))
    where.add_given("alert_type = ANY(%(alert_type)s)", alert_type=_texts(wanted.alert_type))
    where.add_given("assignee = %(assignee)s", assignee=wanted.assignee)
    where.add_given('"timestamp" >= %(since)s', since=wanted.since)
    where.add_given('"timestamp" < %(until)s', until=wanted.until)
    if wanted.query is not None:
        where.add("search @@ to_tsquery('simple', %(query)s)", query=search_query(wanted.query))
    return where


def search_query(text: str) -> str:
    """Return a tsquery for what a person types: every word, the beginnings of words."""
    words = re.findall(r"\w+", text.lower())
    return " & ".join(f"'{word}':*" for word in words)


def alert_of(row: dict[str, Any]) -> Alert:
    """Return the alert in a row."""
    metadata = msgspec.convert(row.pop("metadata"), AlertMetadata)
    return Alert(
        metadata=metadata,
        alert_type=AlertType(row.pop("alert_type")),
        severity=Severity(row.pop("severity")),
        status=AlertStatus(row.pop("status")),
        **row,
    )


async def _fetch(connection: AsyncConnection, query: str, alert_id: UUID) -> Alert | None:
    cursor = connection.cursor(row_factory=dict_row)
    row = await (await cursor.execute(query, (alert_id,))).fetchone()
    return alert_of(row) if row else None


def _texts(values: list[Any] | None) -> list[str] | None:
    return None if values is None else [str(value) for value in values]
