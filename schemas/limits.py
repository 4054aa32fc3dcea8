"""REST: learned limits, as `/api/quality/realtime/limits` tells them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from schemas.metrics import AssetId, MetricType


class LimitsQuery(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """The learned limits of one metric of one asset."""

    asset_id: AssetId
    metric_type: MetricType = MetricType.SCORE


class LimitPoint(Struct, rename="camel", kw_only=True):
    """An hour, or a day, that begins at `start`: what is expected, and the bounds.

    One value beyond `limit` is a finding, values of two steps in a row beyond `inner` are.
    """

    start: datetime
    expected: float
    inner: float
    limit: float


class LimitFinding(Struct, rename="camel", kw_only=True):
    """A value beyond its limit. `told`: it raised an alert, or would have in shadow mode."""

    timestamp: datetime
    event_id: UUID
    value: float
    expected: float
    limit: float
    mode: Literal["shadow", "alert"]
    told: bool


class Limits(Struct, rename="camel", kw_only=True):
    """What was learned of one metric of one asset, and what lay beyond, the newest first.

    Values below the limits (`below`), else those above, are findings. `widened` is the factor
    by which alerts that people ignored have moved them away.
    """

    asset_id: str
    metric_type: MetricType
    mode: Literal["shadow", "alert"]
    learned_at: datetime
    below: bool
    widened: float
    points: list[LimitPoint]
    findings: list[LimitFinding]
