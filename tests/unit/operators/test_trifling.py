"""The shortcut past exact decimals may never hide what they would tell."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pipeline.operators.change import exact_change, find, is_published, is_trifling
from pipeline.thresholds import Steps, Thresholds
from schemas.metrics import PERCENT_METRICS, MetricType

METRICS = st.sampled_from(sorted(PERCENT_METRICS))
SCORES = st.floats(0, 100) | st.integers(0, 1000).map(lambda tenths: tenths / 10)
BOUNDS = st.sampled_from((0.1, 0.3, 1.0, 5.0)) | st.floats(1e-6, 30)
THRESHOLDS = st.builds(
    lambda minimum, medium, dimensions: Thresholds(
        minimum_change=minimum,
        score_drop=Steps(critical=90, high=60, medium=medium),
        dimension_drop=Steps(critical=90, high=60, medium=medium) if dimensions else None,
    ),
    BOUNDS,
    BOUNDS,
    st.booleans(),
)


@given(METRICS, SCORES, SCORES, THRESHOLDS)
def test_what_is_trifling_is_neither_published_nor_found(metric, previous, current, thresholds):
    if is_trifling(metric, previous, current, thresholds):
        moved = exact_change(previous, current)
        assert not is_published(metric, moved, thresholds)
        assert find(metric, moved, current, thresholds) is None


@given(METRICS, SCORES, st.sampled_from((0.1, 0.3, 1.0, 5.0)), st.booleans())
def test_a_move_by_the_very_bound_is_never_trifling(metric, previous, bound, up):
    current = float(Decimal(repr(previous)) + Decimal(repr(bound)) * (1 if up else -1))
    if 0 <= current <= 100:
        assert not is_trifling(metric, previous, current, Thresholds(minimum_change=bound))


def test_other_metrics_take_no_shortcut():
    assert not is_trifling(MetricType.ISSUES, 5, 5, Thresholds())
