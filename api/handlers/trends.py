"""How metrics went over time."""

from datetime import UTC, datetime, time, timedelta
from string import digits
from typing import Final

from api.endpoint import Call
from api.problems import invalid, not_found
from api.queries.trends import Span, Subject
from pipeline.globs import is_glob
from schemas.rest import Page, TrendPoint, TrendsQuery

MOST_POINTS: Final = 5000
MONTHS: Final = "mo"
_UNITS: Final = {
    "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1),
    MONTHS: timedelta(days=28),  # at least
}  # fmt: skip


async def trends(call: Call[TrendsQuery, None]) -> Page[TrendPoint]:
    """Tell how a metric went, bucket by bucket: mean, spread, extremes, first and last.

    Buckets without a value are left out.
    """
    asked, scope = call.query, call.caller.scope
    asset = asked.asset_id
    if asset is not None and not is_glob(asset) and not scope.allows(asset):
        raise not_found(f"there is no asset {asset!r}")
    found = await call.edge.trends.trend(
        scope, Subject(asset, asked.source), asked.metric_type, _span(asked), asked.percentiles
    )
    return Page(data=found, count=len(found))


def _span(asked: TrendsQuery) -> Span:
    if asked.until is not None and asked.since is None:
        raise invalid("until", "needs since")
    unit = asked.bucket.lstrip(digits)
    count = int(asked.bucket.removesuffix(unit))
    midnight = datetime.combine(datetime.now(UTC), time(), UTC)
    since = asked.since or midnight - timedelta(days=asked.days - 1)
    until = asked.until or midnight + timedelta(days=1)
    if since >= until:
        raise invalid("since", "must be before until")
    if (until - since) / (count * _UNITS[unit]) > MOST_POINTS:
        raise invalid("bucket", f"makes more than {MOST_POINTS:,} points of this range")
    return Span(since, until, count if unit == MONTHS else count * _UNITS[unit])
