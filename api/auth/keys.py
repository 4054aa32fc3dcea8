"""API keys: made once, shown once, kept as hashes."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from schemas.rest import Role

PREFIX: Final = "tmk"
_ID: Final = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is kept."""

    id: str
    name: str
    hash: bytes
    role: Role
    assets: list[str]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    def is_valid(self, now: datetime | None = None) -> bool:
        """Say whether it is neither revoked nor expired."""
        now = now or datetime.now(UTC)
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def new_key() -> tuple[str, str, bytes]:
    """Return a new key's id, the text its owner keeps, and the hash we keep."""
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    return key_id, f"{PREFIX}_{key_id}_{secret}", hash_of(secret)


def parts_of(token: str) -> tuple[str, str] | None:
    """Return the id and the secret of a key's text, None if it is no key."""
    prefix, _, rest = token.partition("_")
    key_id, _, secret = rest.partition("_")
    return (key_id, secret) if prefix == PREFIX and _ID.fullmatch(key_id) and secret else None


def hash_of(secret: str) -> bytes:
    """Return what is kept of a secret: it has 256 random bits, so a plain hash will do."""
    return hashlib.sha256(secret.encode()).digest()


def is_secret_of(key: ApiKey, secret: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(key.hash, hash_of(secret))
