"""Times as other tools write them."""

from datetime import UTC, datetime
from typing import Any


def moment(value: Any) -> datetime | None:
    """Return the time in an ISO 8601 text or in milliseconds since the epoch, else None.

    A time without an offset is taken to be UTC.
    """
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, UTC)
        parsed = datetime.fromisoformat(str(value).strip())
    except (ValueError, OverflowError, OSError):
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
