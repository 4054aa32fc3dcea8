"""API keys in PostgreSQL."""

from datetime import datetime
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import kwargs_row

from api.auth.keys import ApiKey, new_key
from pipeline.postgres.pool import Pool
from schemas.rest import Role

_COLUMNS: Final = (
    "id, name, hash, role, assets, created_at, created_by, expires_at, revoked_at, last_used_at"
)
_USE: Final = f"""
    WITH used AS (
        UPDATE api_keys SET last_used_at = now()
        WHERE id = %(id)s AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
    )
    SELECT {_COLUMNS} FROM api_keys WHERE id = %(id)s
"""  # noqa: S608 - constants
_LIST: Final = f"SELECT {_COLUMNS} FROM api_keys ORDER BY created_at, id"  # noqa: S608
_CREATE: Final = f"""
    INSERT INTO api_keys (id, name, hash, role, assets, created_by, expires_at)
    VALUES (%(id)s, %(name)s, %(hash)s, %(role)s, %(assets)s, %(created_by)s, %(expires_at)s)
    RETURNING {_COLUMNS}
"""  # noqa: S608
_REVOKE: Final = """
    UPDATE api_keys SET revoked_at = now()
    WHERE (id = %(key)s OR name = %(key)s) AND revoked_at IS NULL
"""


def _key_of(role: str, **columns: Any) -> ApiKey:
    return ApiKey(role=Role(role), **columns)


class KeyStore:
    """Looks keys up for the edge."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def use(self, key_id: str) -> ApiKey | None:
        """Return a key and note that it was used, to the minute."""
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=kwargs_row(_key_of))
            return await (await cursor.execute(_USE, {"id": key_id})).fetchone()


async def create_key(
    connection: AsyncConnection,
    name: str,
    role: Role,
    assets: list[str],
    created_by: str,
    expires_at: datetime | None,
) -> tuple[ApiKey, str]:
    """Make a key; return it and the text that is shown this once.

    Raises:
        psycopg.errors.UniqueViolation: a key that is not revoked has this name.
    """
    key_id, text, digest = new_key()
    cursor = connection.cursor(row_factory=kwargs_row(_key_of))
    given = {
        "id": key_id,
        "name": name,
        "hash": digest,
        "role": role,
        "assets": assets,
        "created_by": created_by,
        "expires_at": expires_at,
    }
    key = await (await cursor.execute(_CREATE, given)).fetchone()
    assert key is not None  # noqa: S101
    return key, text


async def list_keys(connection: AsyncConnection) -> list[ApiKey]:
    """Return every key, oldest first."""
    cursor = connection.cursor(row_factory=kwargs_row(_key_of))
    return await (await cursor.execute(_LIST)).fetchall()


async def revoke_key(connection: AsyncConnection, key: str) -> bool:
    """Revoke the key with this id or name; return whether there was one to revoke."""
    return (await connection.execute(_REVOKE, {"key": key})).rowcount > 0
