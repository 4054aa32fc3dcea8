"""An Idempotency-Key makes a step harmless to repeat: the second time answers as the first."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from hashlib import sha256
from typing import Final

from psycopg import AsyncConnection

from api.auth.caller import Caller
from api.problems import Refusal, invalid
from api.relay import Relay
from pipeline.postgres.pool import Pool
from pipeline.postgres.trouble import PostgresUnavailable
from schemas.problems import ProblemCode

KEPT: Final = timedelta(hours=24)
MAX_KEY: Final = 255
ATTEMPTS: Final = 3
"""Of a step that PostgreSQL ends in favour of another one (a deadlock)."""

# A concurrent request with the same key waits in the INSERT until the first has
# committed, and then finds its answer; if the first was rolled back, it takes its place.
_CLAIM: Final = """
    WITH old AS (
        DELETE FROM idempotency_keys WHERE created_at < now() - %(kept)s AND key <> %(key)s
    )
    INSERT INTO idempotency_keys (actor, key, fingerprint)
    VALUES (%(actor)s, %(key)s, %(fingerprint)s)
    ON CONFLICT (actor, key) DO NOTHING
"""
_FIND: Final = """
    SELECT fingerprint, answer FROM idempotency_keys WHERE actor = %(actor)s AND key = %(key)s
"""
_KEEP: Final = """
    UPDATE idempotency_keys SET answer = %(answer)s WHERE actor = %(actor)s AND key = %(key)s
"""

Answer = Callable[[AsyncConnection], Awaitable[bytes]]


class Idempotency:
    """Runs steps, each in a transaction together with the record of its key."""

    def __init__(self, pool: Pool, relay: Relay) -> None:
        self._pool = pool
        self._relay = relay

    async def once(self, caller: Caller, key: str | None, request: bytes, answer: Answer) -> bytes:
        """Return what `answer` says, or said when `key` was first sent.

        Raises:
            PostgresUnavailable: the step was not taken; or if its answer was lost, nobody knows.
            Refusal: the key came with another request before, or `answer` refuses,
                in which case the key stays free.
        """
        if key is not None and not 0 < len(key) <= MAX_KEY:
            raise invalid("Idempotency-Key", f"must have 1 to {MAX_KEY} characters")
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self._pool.connection() as connection:
                    body = await self._once(connection, caller, key, request, answer)
            except PostgresUnavailable as error:
                if not error.brief or attempt == ATTEMPTS:
                    raise
            else:
                break
        self._relay.wake()
        return body

    async def _once(
        self,
        connection: AsyncConnection,
        caller: Caller,
        key: str | None,
        request: bytes,
        answer: Answer,
    ) -> bytes:
        if key is None:
            return await answer(connection)
        return await self._keyed(connection, caller, key, sha256(request).digest(), answer)

    async def _keyed(
        self,
        connection: AsyncConnection,
        caller: Caller,
        key: str,
        fingerprint: bytes,
        answer: Answer,
    ) -> bytes:
        given = {"actor": caller.actor, "key": key, "fingerprint": fingerprint, "kept": KEPT}
        claimed = await connection.execute(_CLAIM, given)
        if claimed.rowcount:
            body = await answer(connection)
            await connection.execute(_KEEP, given | {"answer": body})
            return body
        found = await (await connection.execute(_FIND, given)).fetchone()
        if found is None or bytes(found[0]) != fingerprint:
            raise Refusal(
                ProblemCode.IDEMPOTENCY_CONFLICT, "this key was sent with another request before"
            )
        return bytes(found[1])
