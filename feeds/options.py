"""What every adapter is told beside the document."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from feeds.door import Door
from feeds.mapping import Mapping
from feeds.memory import Memory


@dataclass(frozen=True, slots=True)
class Options:
    """See `feeds.adapters.parse`."""

    mapping: Mapping
    asset: str | None
    manifest: bytes | None
    received: datetime
    door: Door
    memory: Memory
    _mapping: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_mapping", self.mapping.digest().encode())

    def identity(self, *parts: bytes) -> str:
        """Return a text that is the same for the same bytes read in the same way.

        It reads all of them: to be asked for once a document.
        """
        digest = sha256(self._mapping)
        for part in parts:
            digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()
