"""Metrics: current values, history, trends, dimensions."""

from api.endpoint import Call
from api.problems import invalid, not_found
from pipeline.globs import is_glob
from schemas.rest import (
    AssetDimensions,
    CurrentMetric,
    DimensionsQuery,
    HistoryPoint,
    HistoryQuery,
    MetricsQuery,
    Page,
    TrendPoint,
    TrendsQuery,
)


async def current(call: Call[MetricsQuery, None]) -> Page[CurrentMetric]:
    """List the newest value of every metric of every asset."""
    asked = call.query
    found, cursor = await call.edge.metrics.current(
        call.caller.scope, asked.asset_id, asked.metric_type, asked.limit, asked.cursor
    )
    return Page(data=found, count=len(found), next_cursor=cursor)


async def history(call: Call[HistoryQuery, None]) -> Page[HistoryPoint]:
    """List the recorded events of one asset, newest first."""
    asked = call.query
    if not call.caller.scope.allows(asked.asset_id):
        raise not_found(f"there is no asset {asked.asset_id!r}")
    found, cursor = await call.edge.metrics.history(asked)
    return Page(data=found, count=len(found), next_cursor=cursor)


async def trends(call: Call[TrendsQuery, None]) -> Page[TrendPoint]:
    """Tell how scores went, day by day: of one asset, or of all together."""
    asked, scope = call.query, call.caller.scope
    if asked.asset_id is None:
        found = await call.edge.metrics.overall_trend(scope, asked.days)
    elif is_glob(asked.asset_id):
        raise invalid("assetId", "must be one asset's id, no glob")
    elif not scope.allows(asked.asset_id):
        raise not_found(f"there is no asset {asked.asset_id!r}")
    else:
        found = await call.edge.metrics.trend(asked.asset_id, asked.days)
    return Page(data=found, count=len(found))


async def dimensions(call: Call[DimensionsQuery, None]) -> Page[AssetDimensions]:
    """Tell the newest score of every dimension and their weighted average, asset by asset."""
    asked = call.query
    found, cursor = await call.edge.metrics.dimensions(
        call.caller.scope, asked.asset_id, asked.limit, asked.cursor
    )
    return Page(data=found, count=len(found), next_cursor=cursor)
