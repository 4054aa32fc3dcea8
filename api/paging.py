"""Cursors: where a page ended, as an opaque token."""

import base64
from typing import Any, Final, TypeVar

import msgspec

from api.problems import invalid

C = TypeVar("C", bound=tuple[Any, ...])
T = TypeVar("T")

_encode: Final = msgspec.msgpack.encode


def cursor_of(*key: Any) -> str:
    """Return the token of the sort key of a page's last row."""
    return base64.urlsafe_b64encode(_encode(key)).rstrip(b"=").decode()


def key_of(cursor: str | None, kind: type[C]) -> C | None:
    """Return the sort key in `cursor`, a tuple of type `kind`.

    Raises:
        Refusal: it is no cursor of this list.
    """
    if cursor is None:
        return None
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        key: C | None = msgspec.msgpack.decode(packed, type=kind)
    except (ValueError, RecursionError, msgspec.MsgspecError):
        key = None
    # PostgreSQL's text holds no U+0000.
    if key is None or any("\0" in part for part in key if isinstance(part, str)):
        raise invalid("cursor", "is not one that this list gave")
    return key


def split(rows: list[T], limit: int) -> tuple[list[T], bool]:
    """Return a page of `limit` and whether there is more, of rows asked for with one extra."""
    return rows[:limit], len(rows) > limit
