"""Dates that a request may name: those that can be reckoned with.

The first and the last years of the calendar have moments that no other time zone can
express, and nothing can be added to or taken from them.
"""

from datetime import UTC, date, datetime
from typing import Any, Final

import msgspec

from api.problems import invalid

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 9000


def refuse_far_dates(value: Any) -> None:
    """Refuse `value`, a decoded request, if one of its dates is out of reach.

    Raises:
        Refusal: it names the field.
    """
    path = _find(value, "")
    if path is not None:
        raise invalid(path or "body", f"must be a date of the years {FIRST_YEAR} to {LAST_YEAR}")


def _find(value: Any, path: str) -> str | None:
    if isinstance(value, date):
        return path if _is_far(value) else None
    if isinstance(value, msgspec.Struct):
        names = zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True)
        inner = [(getattr(value, field), f"{path}.{name}".lstrip(".")) for name, field in names]
    elif isinstance(value, dict):
        inner = [(one, f"{path}.{key}".lstrip(".")) for key, one in value.items()]
    elif isinstance(value, (list, tuple)):
        inner = [(one, f"{path}[{index}]") for index, one in enumerate(value)]
    else:
        return None
    return next((found for one, at in inner if (found := _find(one, at)) is not None), None)


def _is_far(moment: date) -> bool:
    try:
        year = moment.astimezone(UTC).year if isinstance(moment, datetime) else moment.year
    except OverflowError:
        return True
    return not FIRST_YEAR <= year <= LAST_YEAR
