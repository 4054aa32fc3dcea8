"""What is usual, and what was not."""

from api.endpoint import Call
from api.problems import not_found
from schemas.limits import Limits, LimitsQuery
from schemas.rest import One


async def limits(call: Call[LimitsQuery, None]) -> One[Limits]:
    """Tell the learned limits of one metric of one asset, and what lay beyond them.

    There are some once `tidemark learn` has run over an asset whose thresholds ask for it.
    """
    asked, found = call.query, None
    if call.caller.scope.allows(asked.asset_id):
        found = await call.edge.limits.one(asked.asset_id, asked.metric_type)
    if found is None:
        raise not_found(f"no limits of {asked.metric_type} of {asked.asset_id!r} were learned")
    return One(data=found)
