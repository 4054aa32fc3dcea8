"""U+0000: JSON may hold it, PostgreSQL's text may not."""

from typing import Any, Final

import msgspec

from api.problems import invalid

ESCAPE: Final = b"\\u0000"
"""The only way for U+0000 into a JSON string."""


def refuse_nul(value: Any, raw: bytes) -> None:
    """Refuse `value`, decoded from `raw`, if one of its texts holds U+0000.

    Raises:
        Refusal: it names the field.
    """
    if ESCAPE in raw:
        path = _find(msgspec.to_builtins(value), "")
        if path is not None:
            raise invalid(path or "body", "holds U+0000")


def _find(value: Any, path: str) -> str | None:
    if isinstance(value, str):
        return path if "\0" in value else None
    if isinstance(value, dict):
        inner = ((one, f"{path}.{key}".lstrip(".")) for key, one in value.items())
    elif isinstance(value, list):
        inner = ((one, f"{path}[{index}]") for index, one in enumerate(value))
    else:
        return None
    return next((found for one, at in inner if (found := _find(one, at)) is not None), None)
