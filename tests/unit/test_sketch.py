from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from pipeline.sketch import RELATIVE_ACCURACY, bin_of, quantiles

values = st.floats(-1e12, 1e12, allow_nan=False)


@given(st.lists(values, min_size=1, max_size=200), st.floats(0, 1))
def test_a_quantile_is_within_half_a_percent_of_the_value_at_its_rank(
    measured: list[float], share: float
) -> None:
    exact = sorted(measured)[int(share * (len(measured) - 1))]
    (found,) = quantiles(Counter(map(bin_of, measured)), [share])
    assert abs(found - exact) <= RELATIVE_ACCURACY * 1.0001 * abs(exact) + 1e-300


@given(values, values)
def test_bins_sort_as_their_values_do(one: float, other: float) -> None:
    if one <= other:
        assert bin_of(one) <= bin_of(other)


def test_an_empty_sketch_has_no_quantile() -> None:
    assert quantiles({}, [0.5]) == []


def test_zero_lies_between_the_smallest_numbers_of_either_sign() -> None:
    assert bin_of(-1e-300) < bin_of(0.0) == bin_of(-0.0) < bin_of(1e-300)
