"""Asset patterns: `*`, `?`, `[ab]`, `[!ab]`, case-sensitive, over the whole id.

One reading of a pattern, rendered both for Python and for PostgreSQL, so that what is
pushed and what is queried agree.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

ALL: Final = "*"
_MEMBER: Final = re.compile(r"(?P<first>.)-(?P<last>.)|.", re.DOTALL)
_NEVER: Final = "(?!x)x"
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
    return any(p == ALL or compiled(p).fullmatch(asset_id) for p in patterns)


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
            yield _set(members, negated=bool(negated))
        else:
            yield _quote(text)


def _set(members: str, *, negated: bool) -> str:
    """Return a set; a range that runs backwards is empty."""
    parts = []
    for single in _MEMBER.finditer(members):
        first, last = single["first"], single["last"]
        if last is None:
            parts.append(_quote(single[0]))
        elif first <= last:
            parts.append(f"{_quote(first)}-{_quote(last)}")
    if not parts:
        return "." if negated else _NEVER
    return f"[{'^' if negated else ''}{''.join(parts)}]"


def _quote(character: str) -> str:
    """Return `character` as itself, in a set or outside."""
    plain = character.isalnum() or character in "_ " or not character.isprintable()
    return character if plain or not character.isascii() else "\\" + character
