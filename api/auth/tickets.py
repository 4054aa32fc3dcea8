"""Short-lived, single-use tickets: what a browser may put into a socket's address."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Final

from psycopg.rows import dict_row

from api.auth.caller import Caller
from api.auth.keys import hash_of
from api.auth.scope import Scope
from pipeline.postgres.pool import Pool
from schemas.rest import Role, Ticket

LIFETIME: Final = timedelta(seconds=30)

_ISSUE: Final = """
    WITH expired AS (DELETE FROM socket_tickets WHERE expires_at < now())
    INSERT INTO socket_tickets (hash, actor, actor_name, role, assets, caller_expires_at, key_id,
                                issuer_key, expires_at)
    VALUES (%(hash)s, %(actor)s, %(actor_name)s, %(role)s, %(assets)s, %(caller_expires_at)s,
            %(key_id)s, %(issuer_key)s, %(expires_at)s)
"""
_REDEEM: Final = """
    DELETE FROM socket_tickets WHERE hash = %(hash)s
    RETURNING actor, actor_name, role, assets, caller_expires_at, key_id, issuer_key,
              expires_at > now() AS valid
"""


class TicketOffice:
    """Issues and redeems tickets. They are kept in PostgreSQL, so any edge may redeem them."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def issue(self, caller: Caller) -> Ticket:
        """Return a ticket that lets in whoever shows it as `caller`."""
        secret, expires_at = secrets.token_urlsafe(32), datetime.now(UTC) + LIFETIME
        given = {
            "hash": hash_of(secret),
            "actor": caller.actor,
            "actor_name": caller.name,
            "role": caller.role,
            "assets": list(caller.scope.globs),
            "caller_expires_at": (
                datetime.fromtimestamp(caller.expires, UTC) if caller.expires else None
            ),
            "key_id": caller.key_id,
            "issuer_key": caller.issuer_key,
            "expires_at": expires_at,
        }
        async with self._pool.connection() as connection:
            await connection.execute(_ISSUE, given)
        return Ticket(ticket=secret, expires_at=expires_at)

    async def redeem(self, ticket: str) -> Caller | None:
        """Return whom the ticket was issued to; None if it is not valid (any more)."""
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            row = await (await cursor.execute(_REDEEM, {"hash": hash_of(ticket)})).fetchone()
        if row is None or not row["valid"]:
            return None
        expires = row["caller_expires_at"]
        return Caller(
            actor=row["actor"],
            name=row["actor_name"],
            role=Role(row["role"]),
            scope=Scope(row["assets"]),
            expires=expires.timestamp() if expires else None,
            key_id=row["key_id"],
            issuer_key=row["issuer_key"],
        )
