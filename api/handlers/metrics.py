"""Metrics: current values, history, dimensions."""

from datetime import UTC, datetime, time, timedelta

from api.endpoint import Call
from api.problems import not_found
from schemas.rest import (
    AssetDimensions,
    CurrentMetric,
    DimensionsQuery,
    HistoryPage,
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


async def history(call: Call[HistoryQuery, None]) -> HistoryPage:
    """List the recorded events of one asset, newest first.

    `keptSince` is how far back events are kept; of the time before, ask for trends.
    """
    asked = call.query
    if not call.caller.scope.allows(asked.asset_id):
        raise not_found(f"there is no asset {asked.asset_id!r}")
    found, cursor = await call.edge.metrics.history(asked)
    today = datetime.combine(datetime.now(UTC), time(), UTC)
    return HistoryPage(
        data=found,
        count=len(found),
        next_cursor=cursor,
        # As the sink reckons: a day's events go when it is so many days back.
        kept_since=today - timedelta(days=call.edge.settings.event_days - 1),
    )


async def dimensions(call: Call[DimensionsQuery, None]) -> Page[AssetDimensions]:
    """Tell the newest score of every dimension and their weighted average, asset by asset."""
    asked, thresholds = call.query, call.edge.thresholds
    found, cursor = await call.edge.metrics.dimensions(
        call.caller.scope, asked.asset_id, asked.limit, asked.cursor,
        lambda asset_id: thresholds(asset_id).scoring,
    )  # fmt: skip
    return Page(data=found, count=len(found), next_cursor=cursor)
