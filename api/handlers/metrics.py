"""Metrics: current values, history, dimensions."""

from api.endpoint import Call
from api.problems import not_found
from schemas.rest import (
    AssetDimensions,
    CurrentMetric,
    DimensionsQuery,
    HistoryPoint,
    HistoryQuery,
    MetricsQuery,
    Page,
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


async def dimensions(call: Call[DimensionsQuery, None]) -> Page[AssetDimensions]:
    """Tell the newest score of every dimension and their weighted average, asset by asset."""
    asked, thresholds = call.query, call.edge.thresholds
    found, cursor = await call.edge.metrics.dimensions(
        call.caller.scope, asked.asset_id, asked.limit, asked.cursor,
        lambda asset_id: thresholds(asset_id).scoring,
    )  # fmt: skip
    return Page(data=found, count=len(found), next_cursor=cursor)
