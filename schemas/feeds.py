"""Other tools' documents by HTTP."""

from typing import Literal

from msgspec import Struct

from schemas.metrics import AssetId


class FeedQuery(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """`asset_id` names what a document or a check in it leaves nameless."""

    asset_id: AssetId | None = None


class DocumentFault(Struct, rename="camel", kw_only=True):
    """What is wrong with a part of a document. `line` counts from 1."""

    message: str
    field: str | None = None
    line: int | None = None


class Intake(Struct, rename="camel", kw_only=True):
    """What came of a document: `count` events for `assets`, and `data`, the faults of the rest.

    `skipped` tells how much gave no event although nothing is wrong with it, by the reason.
    """

    data: list[DocumentFault]
    count: int
    assets: list[str]
    skipped: dict[str, int]
    success: Literal[True] = True
