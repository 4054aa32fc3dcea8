"""Where documents come in: how much one may hold, and how its sender names an asset."""

from dataclasses import dataclass
from typing import Final

from feeds.document import Fault, Malformed


@dataclass(frozen=True, slots=True)
class Door:
    """The bounds of one document, and the words for its sender.

    Attributes:
        most_entries: results, rows, expectations, columns ... that are looked at.
        most_events: what may come of them.
        name_asset: what to do about a document that names no asset.
    """

    most_bytes: int
    most_entries: int
    most_events: int
    name_asset: str

    def check_size(self, size: int) -> None:
        """Refuse a document that is too large.

        Raises:
            Malformed: it is.
        """
        if size > self.most_bytes:
            raise Malformed(
                Fault(f"the document is {size:,} bytes long, {self.most_bytes:,} are allowed")
            )

    def check_entries(self, entries: int) -> None:
        """Refuse a document that holds too many results or rows.

        Raises:
            Malformed: it does.
        """
        if entries > self.most_entries:
            raise Malformed(
                Fault(f"holds more than {self.most_entries:,} results or rows: split it")
            )

    def check_events(self, events: int) -> None:
        """Refuse a document of which too many events come.

        Raises:
            Malformed: it is one.
        """
        if events > self.most_events:
            raise Malformed(Fault(f"gives more than {self.most_events:,} events: split it"))


POSTED: Final = Door(64 * 1024 * 1024, 60_000, 40_000, "give one with ?assetId=")
FILES: Final = Door(1024 * 1024 * 1024, 5_000_000, 5_000_000, "give one with --asset")
