"""One dead letter, and which of them are meant."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from pipeline.globs import matches_any
from pipeline.record import Record
from schemas import dead_letters as header
from schemas.dead_letters import LetterId

LATEST_MS: Final = 253_370_764_800_000
"""The year 9999 begins."""
NO_REASON: Final = "(whoever wrote it gave no reason)"


class _Named(msgspec.Struct):
    asset_id: str = msgspec.field(name="assetId")


_asset_in: Final = msgspec.json.Decoder(_Named).decode


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A refused record as it was, why it was refused, and where it came from.

    `source_*` are None where the headers don't tell; timestamps are in milliseconds
    since the epoch.
    """

    id: LetterId
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    reason: str
    source_topic: str | None
    source_partition: int | None
    source_offset: int | None
    source_timestamp: int | None

    @property
    def asset(self) -> str | None:
        """The asset it is about: what its payload says, or else its key."""
        try:
            return _asset_in(self.value or b"").asset_id
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None if self.key is None else self.key.decode("utf-8", "replace")

    @property
    def names(self) -> set[str]:
        """The asset and the key, which ought to be the same."""
        key = None if self.key is None else self.key.decode("utf-8", "replace")
        return {name for name in (self.asset, key) if name is not None}

    @property
    def original_headers(self) -> list[tuple[str, bytes]]:
        """The headers it was sent with."""
        return [(name, value) for name, value in self.headers if not name.startswith(header.PREFIX)]


def read_letter(partition: int, record: Record) -> DeadLetter:
    """Return the dead letter in a record of the dead letters' topic."""
    # Ours come last: a header of the same name that the refused record had does not count.
    told = {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers}
    return DeadLetter(
        id=LetterId(partition, record.offset, record.timestamp),
        key=record.key,
        value=record.value,
        headers=tuple(record.headers),
        reason=told.get(header.REASON, NO_REASON),
        source_topic=told.get(header.SOURCE_TOPIC),
        source_partition=_number(told.get(header.SOURCE_PARTITION)),
        source_offset=_number(told.get(header.SOURCE_OFFSET)),
        source_timestamp=_timestamp(told.get(header.SOURCE_TIMESTAMP)),
    )


def _number(text: str | None) -> int | None:
    try:
        return None if text is None else int(text)
    except ValueError:
        return None


def _timestamp(text: str | None) -> int | None:
    """Read milliseconds since the epoch that the calendar holds; anybody may have written them."""
    number = _number(text)
    return number if number is not None and 0 <= number < LATEST_MS else None


@dataclass(frozen=True, slots=True)
class Selection:
    """Which letters are meant: all that is given must hold.

    `reason` is a part of it whatever the case, `asset` a glob that matches the asset or
    the key, `topic` the source topic; `since` is inclusive, `until` is not.
    """

    reason: str | None = None
    asset: str | None = None
    topic: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def filters(self) -> bool:
        """Whether a letter must be read to know if it is meant."""
        return any(one is not None for one in (self.reason, self.asset, self.topic, self.until))

    def takes(self, letter: DeadLetter) -> bool:
        """Say whether the letter is meant."""
        return (
            (self.reason is None or self.reason.casefold() in letter.reason.casefold())
            and (self.topic is None or self.topic == letter.source_topic)
            and (self.since is None or letter.id.timestamp >= self.since.timestamp() * 1000)
            and (self.until is None or letter.id.timestamp < self.until.timestamp() * 1000)
            and (self.asset is None or any(matches_any([self.asset], n) for n in letter.names))
        )
