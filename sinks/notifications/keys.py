"""Keys: what is sealed is sealed anew when they rotate."""

from typing import Final

from pipeline.channels.sealing import Sealing
from pipeline.postgres.session import transaction
from pipeline.settings import Settings

_SEALED: Final = """
    SELECT id, sealed_address, sealed_secret FROM notification_channels
    WHERE sealed_address IS NOT NULL FOR UPDATE
"""
_RENEW: Final = """
    UPDATE notification_channels SET sealed_address = %s, sealed_secret = %s WHERE id = %s
"""


async def renew_all(settings: Settings) -> int:
    """Seal every channel with the first key, all or none; return how many there are.

    Raises:
        SealError: one was sealed with a key that is not here.
        PostgresUnavailable: PostgreSQL is away.
    """
    sealing = Sealing(settings)
    url = settings.database_url.get_secret_value()
    async with transaction(url, "tidemark-rotate-keys") as connection:
        rows = await (await connection.execute(_SEALED)).fetchall()
        for number, address, secret in rows:
            renewed = None if secret is None else sealing.renew(secret)
            await connection.execute(_RENEW, (sealing.renew(address), renewed, number))
    return len(rows)
