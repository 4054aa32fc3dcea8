"""Times as other tools write them."""

import re
from datetime import UTC, datetime
from typing import Any, Final

from schemas.metrics import EARLIEST

EXPECTED: Final = "ISO 8601, or seconds or milliseconds since 1970"
SMALLEST: Final = 1e8
"""Seconds since 1970 below which a number is no time but something else, such as 20260301."""
_NUMBER: Final = re.compile(r"\d{9,19}(?:\.\d{0,9})?")
_ZONE: Final = re.compile(r"\s*(?P<zone>UTC|GMT|Z|[+-]\d{2}(?::?\d{2})?)$", re.IGNORECASE)


def moment(value: Any) -> datetime | None:
    """Return the time in a text or number, in UTC; None where it is none, or before 1970.

    Texts are ISO 8601, also with a blank before the offset or `UTC` in its place; without
    an offset they are taken to be UTC. Numbers, and texts of digits, count seconds,
    milliseconds, microseconds or nanoseconds since 1970, as their size tells.
    """
    try:
        if isinstance(value, bool):
            return None
        if isinstance(value, (int, float)):
            return _since_1970(value)
        text = str(value)[:64].strip() if isinstance(value, str) else ""
        if _NUMBER.fullmatch(text):
            return _since_1970(float(text))
        when = _iso(text)
        # Before 1970 there were no data platforms: year 1 is how some write that there is none.
        return when if when >= EARLIEST else None
    except (ValueError, OverflowError, OSError):
        return None


def absent(value: Any) -> bool:
    """Tell whether a document names no time at all."""
    return value is None or (isinstance(value, str) and not value.strip())


def _since_1970(number: float) -> datetime | None:
    for scale in (1.0, 1e3, 1e6, 1e9):
        if SMALLEST <= number / scale < 1e11:
            return datetime.fromtimestamp(number / scale, UTC)
    return None


def _iso(text: str) -> datetime:
    zone = _ZONE.search(text)
    # `2026-11` ends like an offset, but only a time of day has one.
    if zone and ":" in text[: zone.start()]:
        offset = zone["zone"].upper()
        text = text[: zone.start()] + ("+00:00" if offset in {"UTC", "GMT", "Z"} else offset)
    parsed = datetime.fromisoformat(text)
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
