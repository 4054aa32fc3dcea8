"""What every adapter is told beside the document."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from feeds.mapping import Mapping


@dataclass(frozen=True, slots=True)
class Options:
    """See `feeds.adapters.parse`."""

    mapping: Mapping
    asset: str | None
    manifest: bytes | None
    received: datetime

    def identity(self, *parts: bytes) -> str:
        """Return a text that is the same for the same bytes read in the same way."""
        digest = sha256(self.mapping.digest().encode())
        for part in parts:
            digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()
