"""Asset patterns: `*`, `?`, `[ab]`, `[!ab]`, case-sensitive, over the whole id.

One reading of a pattern, rendered both for Python and for PostgreSQL, so that what is
pushed and what is queried agree. Reading a pattern and matching it take time that grows
with their lengths alone: Python's own regular expressions take milliseconds to compile,
and anybody may send patterns by the hundred.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

ALL: Final = "*"
MAX_WILDCARDS: Final = 50
"""Of one pattern that others send: PostgreSQL's time to read one grows faster than its length."""
_MEMBER: Final = re.compile(r"(?P<first>.)-(?P<last>.)|.", re.DOTALL)
_NEVER: Final = "(?!x)x"
_TOKEN: Final = re.compile(r"\*+|\?|\[(!?)([^\]]+)\]|.", re.DOTALL)
_KEPT_CHARACTERS: Final = 256


class Members(NamedTuple):
    """Characters of which one matches, as ranges; those outside them where negated."""

    ranges: tuple[tuple[str, str], ...]
    negated: bool

    def has(self, character: str) -> bool:
        """Say whether `character` matches."""
        return self.negated != any(first <= character <= last for first, last in self.ranges)


ANY: Final = Members((), negated=True)
Atom = str | Members
"""What one character of an id is held against: a character, or several."""


class Glob:
    """A pattern that ids are matched against."""

    __slots__ = ("_first", "_last", "_middle")

    def __init__(self, pattern: str) -> None:
        first, *others = (_Segment(atoms) for atoms in _segments(pattern))
        self._first = first
        self._last = others.pop() if others else None
        self._middle = [segment for segment in others if len(segment)]

    def fullmatch(self, text: str) -> str | None:
        """Return `text` if all of it matches.

        What stands between two stars has a fixed length: the first place where it fits
        serves whatever follows best, so nothing is ever tried again.
        """
        if self._last is None:
            fits = len(text) == len(self._first) and self._first.fits(text, 0)
            return text if fits else None
        position, end = len(self._first), len(text) - len(self._last)
        if position > end or not self._first.fits(text, 0) or not self._last.fits(text, end):
            return None
        for segment in self._middle:
            found = segment.find(text, position, end)
            if found < 0:
                return None
            position = found + len(segment)
        return text


class _Segment:
    """A part of a pattern without stars."""

    __slots__ = ("_atoms", "_is_any", "_literal", "_masks")

    def __init__(self, atoms: list[Atom]) -> None:
        self._atoms = atoms
        literal = all(isinstance(atom, str) for atom in atoms)
        self._literal = "".join(map(str, atoms)) if literal else None
        self._is_any = all(atom == ANY for atom in atoms)
        self._masks: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._atoms)

    def fits(self, text: str, position: int) -> bool:
        """Say whether the characters from `position` on match."""
        if self._literal is not None:
            return text.startswith(self._literal, position)
        characters = text[position : position + len(self._atoms)]
        return len(characters) == len(self._atoms) and all(map(_matches, self._atoms, characters))

    def find(self, text: str, start: int, end: int) -> int:
        """Return the first place within `text[start:end]` that matches, else -1."""
        if self._literal is not None:
            return text.find(self._literal, start, end)
        if self._is_any:
            return start if start + len(self._atoms) <= end else -1
        # A bit for each atom that the characters so far lead up to.
        reached, last = 0, 1 << (len(self._atoms) - 1)
        for index in range(start, end):
            reached = (reached << 1 | 1) & self._mask(text[index])
            if reached & last:
                return index - len(self._atoms) + 1
        return -1

    def _mask(self, character: str) -> int:
        mask = self._masks.get(character)
        if mask is None:
            mask = sum(
                1 << index for index, atom in enumerate(self._atoms) if _matches(atom, character)
            )
            if len(self._masks) < _KEPT_CHARACTERS:
                self._masks[character] = mask
        return mask


def is_glob(text: str) -> bool:
    """Say whether `text` is a pattern rather than an id."""
    return any(character in text for character in "*?[")


def wildcards(pattern: str) -> int:
    """Return how many wildcards a pattern has; stars side by side are one."""
    return sum(1 for token in _tokens(pattern) if not isinstance(token, str))


@lru_cache(maxsize=20_000)
def compiled(pattern: str) -> Glob:
    """Return the pattern that asset ids match in full."""
    return Glob(pattern)


@lru_cache(maxsize=20_000)
def posix(pattern: str) -> str:
    """Return the same as a PostgreSQL regular expression."""
    segments = ("".join(map(_rendered, atoms)) for atoms in _segments(pattern))
    return "^" + ".*".join(segments) + "$"


def literal(pattern: str) -> str | None:
    """Return the only id a pattern without wildcards stands for, else None."""
    return None if is_glob(pattern) else pattern


def matches_any(patterns: Iterable[str], asset_id: str) -> bool:
    """Say whether one of `patterns` matches."""
    return any(p == ALL or compiled(p).fullmatch(asset_id) for p in patterns)


def _matches(atom: Atom, character: str) -> bool:
    return atom == character if isinstance(atom, str) else atom.has(character)


def _segments(pattern: str) -> list[list[Atom]]:
    """Split at the stars."""
    segments: list[list[Atom]] = [[]]
    for token in _tokens(pattern):
        if token is None:
            segments.append([])
        else:
            segments[-1].append(token)
    return segments


def _tokens(pattern: str) -> Iterator[Atom | None]:
    """Yield the atoms of a pattern, and None for stars."""
    for match in _TOKEN.finditer(pattern):
        text, (negated, members) = match[0], match.groups()
        if text.startswith("*"):
            yield None
        elif text == "?":
            yield ANY
        elif members:
            yield Members(tuple(_ranges(members)), negated=bool(negated))
        else:
            yield text


def _ranges(members: str) -> Iterator[tuple[str, str]]:
    """Yield first and last of each range; one that runs backwards is empty."""
    for single in _MEMBER.finditer(members):
        first, last = single["first"] or single[0], single["last"] or single[0]
        if first <= last:
            yield first, last


def _rendered(atom: Atom) -> str:
    """Return what matches one character as a regular expression."""
    if isinstance(atom, str):
        return _quote(atom)
    if not atom.ranges:
        return "." if atom.negated else _NEVER
    parts = (
        _quote(first) if first == last else f"{_quote(first)}-{_quote(last)}"
        for first, last in atom.ranges
    )
    return f"[{'^' if atom.negated else ''}{''.join(parts)}]"


def _quote(character: str) -> str:
    """Return `character` as itself, in a set or outside."""
    plain = character.isalnum() or character in "_ " or not character.isprintable()
    return character if plain or not character.isascii() else "\\" + character
