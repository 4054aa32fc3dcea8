from hypothesis import given
from hypothesis import strategies as st

from pipeline.operators.routing.backoff import LONGEST_SECONDS, wait_seconds

chances = st.floats(0, 1, exclude_max=True)


@given(st.integers(1, 10_000), st.floats(0.001, 10_000), chances)
def test_waits_grow_and_have_bounds(attempts: int, first: float, chance: float) -> None:
    wait = wait_seconds(attempts, first, chance)
    assert 0 < wait <= LONGEST_SECONDS
    assert wait_seconds(attempts + 1, first, chance) >= wait


@given(chances)
def test_the_first_wait_is_near_what_was_asked_for(chance: float) -> None:
    assert 5 <= wait_seconds(1, 10, chance) <= 10
    assert 10 <= wait_seconds(2, 10, chance) <= 20


def test_what_failed_together_is_not_tried_together() -> None:
    assert wait_seconds(3, 10, 0.1) != wait_seconds(3, 10, 0.9)
