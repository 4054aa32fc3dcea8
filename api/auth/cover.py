"""Cover: does one asset pattern mean nothing but what another one means?"""

import re
from functools import lru_cache
from typing import Final

from pipeline.globs import ALL, is_glob, matches_any

_TOKEN: Final = re.compile(r"\*+|\?|\[!?[^\]]+\]|.", re.DOTALL)


@lru_cache(maxsize=10_000)
def covers(outer: str, inner: str) -> bool:
    """Say whether every id that `inner` matches is one that `outer` matches.

    It errs on the safe side: two different sets of characters never cover one another.
    """
    wanted = _TOKEN.findall(outer)
    places = _past_stars({0}, wanted)
    for token in _TOKEN.findall(inner):
        stays = {place for place in places if place < len(wanted) and _is_star(wanted[place])}
        moves = {
            place + 1
            for place in places
            if place < len(wanted) and _is_one_of(token, wanted[place])
        }
        places = _past_stars(stays | moves, wanted)
    return len(wanted) in places


def _past_stars(places: set[int], wanted: list[str]) -> set[int]:
    """Add the places behind stars, which may stand for nothing."""
    found = set(places)
    for place in sorted(places):
        while place < len(wanted) and _is_star(wanted[place]):
            place += 1
            found.add(place)
    return found


def _is_star(token: str) -> bool:
    return token.startswith(ALL)


def _is_one_of(token: str, wanted: str) -> bool:
    """Say whether whatever `token` stands for is a single character that `wanted` takes."""
    if _is_star(token) or _is_star(wanted):
        return False
    if wanted in ("?", token):
        return True
    return not is_glob(token) and matches_any((wanted,), token)
