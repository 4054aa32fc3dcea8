"""When a change is worth telling and when it raises an alert, by asset pattern."""

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pipeline.globs import compiled
from schemas.metrics import DIMENSIONS, MetricType

Positive = Annotated[float, Field(gt=0)]


class Frozen(BaseModel):
    """Base of nested settings: immutable, unknown names refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Steps(Frozen):
    """Inclusive lower bounds of the three alerting severities."""

    critical: Positive
    high: Positive
    medium: Positive

    @model_validator(mode="after")
    def _descending(self) -> Self:
        if not self.critical > self.high > self.medium:
            raise ValueError(
                f"must fall from critical to medium, got {self.critical:g}, {self.high:g}, "
                f"{self.medium:g}"
            )
        return self


class Incidents(Frozen):
    """One alert at a time for a metric of an asset, instead of one for every drop.

    What is as bad within `within` seconds of the last time counts as another occurrence of
    the open alert, and what is worse raises its severity. It resolves itself once
    `recovered_events` in a row are closer to the value before it than `recovered_share`
    of the smallest bound that alerts; null: it is left to people. `slides` opens one also
    over a decline from the best of the recent window in steps that alert by none alone.
    """

    within: Positive = 86_400.0
    recovered_share: Annotated[float, Field(ge=0, lt=1)] | None = 0.5
    recovered_events: Annotated[int, Field(ge=1, le=1000)] = 3
    slides: bool = False


class Scoring(Frozen):
    """How an asset's dimensions make its score.

    `weights` by dimension, 1 where none is given, 0 to leave one out. A dimension whose last
    value is `stale_after` seconds older than the newest of any is left out (null: none is).
    `derive` asks for a score event with every event of a dimension, for assets that report
    no score of their own.
    """

    weights: dict[MetricType, Annotated[float, Field(ge=0)]] = {}
    stale_after: Positive | None = None
    derive: bool = False

    @field_validator("weights")
    @classmethod
    def _dimensions(cls, weights: dict[MetricType, float]) -> dict[MetricType, float]:
        if not weights.keys() <= DIMENSIONS:
            raise ValueError(f"only dimensions have weights: {', '.join(sorted(DIMENSIONS))}")
        return weights

    def weight_of(self, dimension: MetricType) -> float:
        """Return what a dimension weighs."""
        return self.weights.get(dimension, 1.0)


class Prediction(Frozen):
    """Alert where a score is expected to fall below `minimum` within `within_days`."""

    minimum: Annotated[float, Field(gt=0, le=100)]
    within_days: Annotated[int, Field(ge=1, le=14)] = 7


class LearnedLimits(Frozen):
    """Limits that `tidemark learn` learns from what an asset is like at this hour or weekday.

    In `shadow` mode what lies beyond is recorded alone, in `alert` mode it alerts. Nothing is
    learned from less than `warm_up_days`, no limit is closer to what is expected than
    `minimum_change`, and limits are set for `false_alarms_per_month` of each metric.
    """

    mode: Literal["shadow", "alert"] = "shadow"
    warm_up_days: Annotated[int, Field(ge=28, le=42)] = 28
    minimum_change: Positive = 3.0
    false_alarms_per_month: Annotated[float, Field(gt=0, le=30)] = 0.5


class Thresholds(Frozen):
    """When a change is published and when it raises an alert.

    `score_drop` and `dimension_drop` in points (null: dimensions raise no alerts of
    their own), `new_issues` in issues, `minimum_change` in points; `stale_after` in
    seconds without an event (null: learned from the asset). `profiling_complete`
    asks for a low alert over every profiling event. `incidents` asks for one alert over
    all that happens until a metric has recovered (null: every drop raises its own).
    `scoring` says how dimensions make a score, `predicted_breach` when `tidemark forecast`
    alerts over what is to come (null: never), `learned_limits` what is learned (null: nothing).
    """

    score_drop: Steps = Steps(critical=20, high=10, medium=5)
    dimension_drop: Steps | None = None
    new_issues: Steps = Steps(critical=10, high=5, medium=2)
    profiling_complete: bool = False
    minimum_change: Positive = 1.0
    stale_after: Positive | None = None
    incidents: Incidents | None = None
    scoring: Scoring = Scoring()
    predicted_breach: Prediction | None = None
    learned_limits: LearnedLimits | None = None

    @cached_property
    def least_score_move(self) -> float:
        """No score or dimension that moves by less is published or raises an alert."""
        bounds = [self.minimum_change, self.score_drop.medium]
        if self.dimension_drop is not None:
            bounds.append(self.dimension_drop.medium)
        return min(bounds)


class ThresholdOverride(Frozen):
    """Thresholds for the assets that match `pattern`; what is not given is inherited.

    Null is as good as not given, but for what is null by default: that it switches off.
    """

    pattern: Annotated[str, Field(min_length=1)]
    score_drop: Steps | None = None
    dimension_drop: Steps | None = None
    new_issues: Steps | None = None
    profiling_complete: bool | None = None
    minimum_change: Positive | None = None
    stale_after: Positive | None = None
    incidents: Incidents | None = None
    scoring: Scoring | None = None
    predicted_breach: Prediction | None = None
    learned_limits: LearnedLimits | None = None

    def applied_to(self, base: Thresholds) -> Thresholds:
        """Return `base` with what this override names put in its place."""
        named = self.model_dump(include=self.model_fields_set - {"pattern"})
        can_be_off = {k for k, field in Thresholds.model_fields.items() if field.default is None}
        given = {k: v for k, v in named.items() if v is not None or k in can_be_off}
        return Thresholds.model_validate(base.model_dump() | given)


class ThresholdLookup:
    """Thresholds of an asset: the first override whose glob pattern matches its id."""

    def __init__(self, default: Thresholds, overrides: Sequence[ThresholdOverride]) -> None:
        self._rules = [(compiled(o.pattern), o.applied_to(default)) for o in overrides]
        self._default = default
        # Bounded: there may be millions of assets.
        self._find = lru_cache(maxsize=100_000)(self._search)

    @property
    def derives_scores(self) -> bool:
        """Whether dimensions make a score for any asset."""
        return any(one.scoring.derive for one in (self._default, *(t for _, t in self._rules)))

    @property
    def learns_limits(self) -> bool:
        """Whether limits are learned for any asset."""
        given = (self._default, *(thresholds for _, thresholds in self._rules))
        return any(one.learned_limits is not None for one in given)

    def __call__(self, asset_id: str) -> Thresholds:
        """Return the thresholds of `asset_id`."""
        return self._find(asset_id) if self._rules else self._default

    def _search(self, asset_id: str) -> Thresholds:
        for pattern, thresholds in self._rules:
            if pattern.fullmatch(asset_id):
                return thresholds
        return self._default
