"""What it takes for an asset to raise an alert."""

from types import SimpleNamespace

import msgspec

from api.endpoint import Call
from api.problems import not_found
from schemas.rest import AssetThresholds, One, ThresholdsQuery


async def of_asset(call: Call[ThresholdsQuery, None]) -> One[AssetThresholds]:
    """Tell the thresholds of one asset: the first override that matches it, or the default."""
    asset_id = call.query.asset_id
    if not call.caller.scope.allows(asset_id):
        raise not_found(f"there is no asset {asset_id!r}")
    found = SimpleNamespace(asset_id=asset_id, **dict(call.edge.thresholds(asset_id)))
    return One(data=msgspec.convert(found, AssetThresholds, from_attributes=True))
