"""What is to come."""

from api.endpoint import Call
from api.problems import not_found
from schemas.forecasts import Forecast, ForecastQuery
from schemas.rest import One


async def forecast(call: Call[ForecastQuery, None]) -> One[Forecast]:
    """Tell the 14 days to come of an asset's score or issues, with intervals.

    There is one once `tidemark forecast` has run over the asset.
    """
    asked = call.query
    below = asked.below
    if below is None and asked.metric_type == "score":
        rules = call.edge.thresholds(asked.asset_id).predicted_breach
        below = None if rules is None else rules.minimum
    found = None
    if call.caller.scope.allows(asked.asset_id):
        found = await call.edge.forecasts.one(
            asked.asset_id, asked.metric_type, below if asked.metric_type == "score" else None
        )
    if found is None:
        raise not_found(f"there is no forecast of {asked.asset_id!r}")
    return One(data=found)
