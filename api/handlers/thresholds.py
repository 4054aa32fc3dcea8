"""What it takes for an asset to raise an alert."""

from api.endpoint import Call
from api.problems import not_found
from pipeline.thresholds import Steps
from schemas.rest import AssetThresholds, One, SeveritySteps, ThresholdsQuery


async def of_asset(call: Call[ThresholdsQuery, None]) -> One[AssetThresholds]:
    """Tell the thresholds of one asset: the first override that matches it, or the default."""
    asset_id = call.query.asset_id
    if not call.caller.scope.allows(asset_id):
        raise not_found(f"there is no asset {asset_id!r}")
    found = call.edge.thresholds(asset_id)
    return One(
        data=AssetThresholds(
            asset_id=asset_id,
            score_drop=_steps(found.score_drop),
            dimension_drop=_steps(found.dimension_drop) if found.dimension_drop else None,
            new_issues=_steps(found.new_issues),
            minimum_change=found.minimum_change,
            stale_after=found.stale_after,
            profiling_complete=found.profiling_complete,
        )
    )


def _steps(steps: Steps) -> SeveritySteps:
    return SeveritySteps(critical=steps.critical, high=steps.high, medium=steps.medium)
