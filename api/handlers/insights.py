"""How alerting fares."""

from datetime import UTC, datetime, timedelta

from api.endpoint import Call
from api.problems import invalid
from api.queries.insights import Range
from schemas.insights import Insights, InsightsQuery
from schemas.rest import One


async def insights(call: Call[InsightsQuery, None]) -> One[Insights]:
    """Tell times to detect and resolve, volumes by rule and day, noisiest assets, coverage."""
    asked = call.query
    until = asked.until or datetime.now(UTC)
    since = asked.since or until - timedelta(days=asked.days)
    if since >= until:
        raise invalid("since", "must be before until")
    found = await call.edge.insights.insights(
        call.caller.scope, asked.asset_id, Range(since, until), asked.limit
    )
    return One(data=found)
