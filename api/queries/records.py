"""Records: things people keep by id, listed newest first."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Generic, NamedTuple, TypeVar
from uuid import UUID

import msgspec
from psycopg import AsyncConnection, sql
from psycopg.rows import dict_row

from api.paging import cursor_of, key_of, split
from api.queries.where import Where
from pipeline.rows import struct_of

S = TypeVar("S", bound=msgspec.Struct)

_PAGE: Final = sql.SQL("""
    SELECT * FROM {view} WHERE {where} ORDER BY created_at DESC, id DESC LIMIT %(limit)s
""")
_ONE: Final = sql.SQL("SELECT * FROM {view} WHERE {where} AND id = %(id)s")
_LOCK: Final = sql.SQL("SELECT id FROM {table} WHERE {where} AND id = %(id)s FOR UPDATE")
_INSERT: Final = sql.SQL("INSERT INTO {table} ({columns}) VALUES ({values}) RETURNING id")
_UPDATE: Final = sql.SQL("UPDATE {table} SET {changes} WHERE id = %(id)s")
_DELETE: Final = sql.SQL("DELETE FROM {table} WHERE id = %(id)s")


class RecordKey(NamedTuple):
    """Where a page of records ended."""

    created_at: datetime
    id: UUID


class Records(Generic[S]):
    """A table of records.

    Args:
        kind: what a row is told as; its fields are columns of `view`.
        table: where they are written.
        view: where they are read, if elsewhere.
    """

    def __init__(self, kind: type[S], table: str, view: str | None = None) -> None:
        self._kind = kind
        self._names = {"table": sql.Identifier(table), "view": sql.Identifier(view or table)}

    async def page(
        self, connection: AsyncConnection, where: Where, limit: int, cursor: str | None
    ) -> tuple[list[S], str | None]:
        """Return a page, newest first, and the cursor of what follows.

        Raises:
            Refusal: the cursor is not ours.
        """
        after = key_of(cursor, RecordKey)
        if after is not None:
            where.add(
                "(created_at, id) < (%(at)s, %(after_id)s)", at=after.created_at, after_id=after.id
            )
        found = connection.cursor(row_factory=dict_row)
        query = _PAGE.format(where=where.text, **self._names)
        await found.execute(query, where.values | {"limit": limit + 1})
        rows, more = split(await found.fetchall(), limit)
        following = cursor_of(rows[-1]["created_at"], rows[-1]["id"]) if more else None
        return [struct_of(self._kind, row) for row in rows], following

    async def one(self, connection: AsyncConnection, number: UUID, where: Where) -> S | None:
        """Return a record, None if there is none that meets `where`."""
        cursor = connection.cursor(row_factory=dict_row)
        query = _ONE.format(where=where.text, **self._names)
        row = await (await cursor.execute(query, where.values | {"id": number})).fetchone()
        return None if row is None else struct_of(self._kind, row)

    async def lock(self, connection: AsyncConnection, number: UUID, where: Where) -> bool:
        """Keep others from changing a record; False if there is none that meets `where`."""
        query = _LOCK.format(where=where.text, **self._names)
        cursor = await connection.execute(query, where.values | {"id": number})
        return await cursor.fetchone() is not None

    async def insert(self, connection: AsyncConnection, values: Mapping[str, Any]) -> UUID:
        """Write a new record; return its id."""
        query = _INSERT.format(
            columns=sql.SQL(", ").join(map(sql.Identifier, values)),
            values=sql.SQL(", ").join(map(sql.Placeholder, values)),
            **self._names,
        )
        row = await (await connection.execute(query, dict(values))).fetchone()
        assert row is not None  # noqa: S101
        number: UUID = row[0]
        return number

    async def update(
        self, connection: AsyncConnection, number: UUID, values: Mapping[str, Any]
    ) -> None:
        """Write what a record is to be."""
        changes = [
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name))
            for name in values
        ]
        query = _UPDATE.format(changes=sql.SQL(", ").join(changes), **self._names)
        await connection.execute(query, {**values, "id": number})

    async def delete(self, connection: AsyncConnection, number: UUID) -> None:
        """Delete a record."""
        await connection.execute(_DELETE.format(**self._names), {"id": number})
