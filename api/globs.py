"""Asset patterns: `*`, `?`, `[ab]`, `[!ab]`, case-sensitive, over the whole id.

One reading of a pattern, rendered both for Python and for PostgreSQL, so that what is
pushed and what is queried agree.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

ALL: Final = "*"
_TOKEN: Final = re.compile(r"\*+|\?|\[(!?)([^\]]+)\]|.", re.DOTALL)


def is_glob(text: str) -> bool:
    """Say whether `text` is a pattern rather than an id."""
    return any(character in text for character in "*?[")


@lru_cache(maxsize=20_000)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return the pattern that asset ids match in full.

    Every star but the last takes the shortest text that lets its neighbour match and
    never reconsiders, so a pattern cannot be made to backtrack.
    """
    first, *others = _segments(pattern)
    if not others:
        return re.compile(first, re.DOTALL)
    *middle, last = others
    skips = "".join(f"(?>.*?{segment})" for segment in middle if segment)
    return re.compile(f"{first}{skips}.*{last}", re.DOTALL)


@lru_cache(maxsize=20_000)
def posix(pattern: str) -> str:
    """Return the same as a PostgreSQL regular expression."""
    return "^" + ".*".join(_segments(pattern)) + "$"


def literal(pattern: str) -> str | None:
    """Return the only id a pattern without wildcards stands for, else None."""
    return None if is_glob(pattern) else pattern


def matches_any(patterns: Iterable[str], asset_id: str) -> bool:
    """Say whether one of `patterns` matches."""
    return any(p in (ALL, asset_id) or compiled(p).fullmatch(asset_id) for p in patterns)


def _segments(pattern: str) -> list[str]:
    """Split at the stars; each segment is a regular expression of fixed length."""
    segments = [""]
    for token in _tokens(pattern):
        if token == ALL:
            segments.append("")
        else:
            segments[-1] += token
    return segments


def _tokens(pattern: str) -> Iterator[str]:
    for match in _TOKEN.finditer(pattern):
        text, (negated, members) = match[0], match.groups()
        if text.startswith("*"):
            yield ALL
        elif text == "?":
            yield "."
        elif members:
            yield f"[{'^' if negated else ''}{_set(members)}]"
        else:
            yield _escaped(text)


def _set(members: str) -> str:
    # A range needs its dash; everything else that means something in a set is escaped.
    return re.sub(r"([\\\[\]^&~|])", r"\\\1", members)


def _escaped(character: str) -> str:
    return character if character.isalnum() or character in "_ " else _quote(character)


def _quote(character: str) -> str:
    return "\\" + character if character.isascii() and character.isprintable() else character
