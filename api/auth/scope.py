"""The assets a caller may see."""

from collections.abc import Iterable
from functools import lru_cache

from api.auth.cover import covers
from pipeline.globs import ALL, matches_any


class Scope:
    """Asset globs; equal where the globs are."""

    def __init__(self, globs: Iterable[str]) -> None:
        self.globs = tuple(sorted(set(globs)))
        self.everything = ALL in self.globs

    def allows(self, asset_id: str) -> bool:
        """Say whether the asset is inside."""
        return self.everything or _allows(self.globs, asset_id)

    def covers(self, pattern: str) -> bool:
        """Say whether an asset pattern reaches no further."""
        return self.everything or any(covers(glob, pattern) for glob in self.globs)

    def narrower(self, other: "Scope") -> "Scope | None":
        """Return the one that lies within the other, None if neither does."""
        if all(map(other.covers, self.globs)):
            return self
        return other if all(map(self.covers, other.globs)) else None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scope) and other.globs == self.globs

    def __hash__(self) -> int:
        return hash(self.globs)

    def __repr__(self) -> str:
        return f"Scope({list(self.globs)})"


EVERYTHING = Scope([ALL])


@lru_cache(maxsize=100_000)
def _allows(globs: tuple[str, ...], asset_id: str) -> bool:
    return matches_any(globs, asset_id)
