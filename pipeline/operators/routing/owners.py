"""Owners: whose is an asset?"""

from collections.abc import Iterable

from pipeline.globs import matches_any
from schemas.routing import Owner


def owner_of(owners: Iterable[Owner], asset_id: str) -> str | None:
    """Return the owner of an asset: by the longest pattern that matches, None without one."""
    found = [one for one in owners if matches_any((one.asset_pattern,), asset_id)]
    if not found:
        return None
    # Equally long patterns: any order will do as long as it is always the same.
    return max(found, key=lambda one: (len(one.asset_pattern), one.asset_pattern)).owner
