"""Every endpoint of REST: the one table that routing and the OpenAPI document come from."""

from typing import Final

from api.auth.caller import Permission
from api.endpoint import Endpoint
from api.handlers import (
    alerts,
    assets,
    events,
    exports,
    feeds,
    forecasts,
    insights,
    limits,
    metrics,
    system,
    thresholds,
    trends,
)
from api.routing_routes import ROUTING
from schemas import lifecycle, rest
from schemas.alerts import Alert
from schemas.feeds import FeedQuery, Intake
from schemas.forecasts import Forecast, ForecastQuery
from schemas.insights import Insights, InsightsQuery
from schemas.limits import Limits, LimitsQuery
from schemas.system import SocketStats, System


def _step(name: str, handler: object, body: type) -> Endpoint:
    return Endpoint(
        "POST", f"/alerts/{{alert_id}}/{name}", handler, rest.One[Alert],  # type: ignore[arg-type]
        permission=Permission.STEP, body=body, step=True,
    )  # fmt: skip


ENDPOINTS: Final = (
    Endpoint("GET", "/metrics", metrics.current, rest.Page[rest.CurrentMetric],
             query=rest.MetricsQuery),
    Endpoint("GET", "/metrics/history", metrics.history, rest.HistoryPage,
             query=rest.HistoryQuery),
    Endpoint("GET", "/assets", assets.assets, rest.Page[rest.Asset], query=rest.AssetsQuery),
    Endpoint("GET", "/assets/{asset_id:anything}", assets.asset, rest.One[rest.Asset]),
    Endpoint("GET", "/alerts", alerts.alerts, rest.Page[Alert], query=rest.AlertsQuery),
    Endpoint("POST", "/alerts/bulk", alerts.bulk, rest.One[lifecycle.BulkResult],
             permission=Permission.STEP, body=lifecycle.BulkRequest, step=True),
    Endpoint("GET", "/alerts/{alert_id}", alerts.alert, rest.One[Alert]),
    Endpoint("GET", "/alerts/{alert_id}/audit", alerts.audit, rest.Page[lifecycle.AuditEntry]),
    _step("acknowledge", alerts.acknowledge, lifecycle.AcknowledgeRequest),
    _step("resolve", alerts.resolve, lifecycle.ResolveRequest),
    _step("ignore", alerts.ignore, lifecycle.IgnoreRequest),
    _step("reopen", alerts.reopen, lifecycle.ReopenRequest),
    _step("comment", alerts.comment, lifecycle.CommentRequest),
    _step("assign", alerts.assign, lifecycle.AssignRequest),
    Endpoint("GET", "/trends", trends.trends, rest.Page[rest.TrendPoint],
             query=rest.TrendsQuery),
    Endpoint("GET", "/dimensions", metrics.dimensions, rest.Page[rest.AssetDimensions],
             query=rest.DimensionsQuery),
    Endpoint("GET", "/export/{dataset}", exports.export, None, query=rest.ExportQuery,
             media=("text/csv", "application/x-ndjson"), cached=False),
    Endpoint("GET", "/forecast", forecasts.forecast, rest.One[Forecast], query=ForecastQuery),
    Endpoint("GET", "/limits", limits.limits, rest.One[Limits], query=LimitsQuery),
    Endpoint("GET", "/insights", insights.insights, rest.One[Insights], query=InsightsQuery,
             cached=False),
    Endpoint("GET", "/scores", assets.scores, rest.One[rest.Scores]),
    Endpoint("GET", "/thresholds", thresholds.of_asset, rest.One[rest.AssetThresholds],
             query=rest.ThresholdsQuery),
    Endpoint("GET", "/stats", assets.stats, rest.One[rest.Stats], cached=False),
    Endpoint("GET", "/system", system.system, rest.One[System], cached=False),
    Endpoint("GET", "/ws/stats", system.socket_stats, rest.One[SocketStats], cached=False),
    Endpoint("POST", "/ws/ticket", system.ticket, rest.One[rest.Ticket]),
    Endpoint("GET", "/me", system.me, rest.One[rest.Identity], permission=Permission.KNOWN,
             cached=False),
    Endpoint("POST", "/events", events.post, rest.Verdicts, permission=Permission.INGEST,
             body=bytes, takes=events.TAKES, status=202),
    Endpoint("POST", "/feeds/{kind}", feeds.post, Intake, permission=Permission.INGEST,
             query=FeedQuery, body=bytes, takes=feeds.TAKES, status=202),
    Endpoint("POST", "/api/v1/lineage", feeds.openlineage, Intake, permission=Permission.INGEST,
             body=bytes, takes=feeds.TAKES_OPENLINEAGE, status=201, root=""),
    *ROUTING,
)  # fmt: skip
