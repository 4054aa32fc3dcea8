"""Moments as options: an age or a date."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import typer

_AGE: Final = re.compile(r"(\d+)\s*([smhdw])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str) -> datetime:
    """Read `90m` (ago), or a date with or without time; without an offset it is UTC.

    Raises:
        typer.BadParameter: it is neither.
    """
    age = _AGE.fullmatch(text)
    try:
        if age:
            return datetime.now(UTC) - timedelta(**{_UNITS[age[2]]: int(age[1])})
        given = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"{text!r} is neither an age such as 90m, 12h or 2d nor a time such as "
            "2025-01-31T12:00Z"
        ) from None
    return given if given.tzinfo else given.replace(tzinfo=UTC)
