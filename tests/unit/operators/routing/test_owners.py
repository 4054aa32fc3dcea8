from hypothesis import given
from hypothesis import strategies as st

from pipeline.operators.routing.owners import owner_of

from .samples import an_owner

OWNERS = [
    an_owner("*", "platform"),
    an_owner("warehouse.*", "warehouse team"),
    an_owner("warehouse.sales.*", "sales team"),
]


def test_the_longest_pattern_that_matches_counts() -> None:
    assert owner_of(OWNERS, "warehouse.sales.orders") == "sales team"
    assert owner_of(OWNERS, "warehouse.stock") == "warehouse team"
    assert owner_of(OWNERS, "crm.users") == "platform"


def test_without_a_pattern_that_matches_nobody_owns_it() -> None:
    assert owner_of(OWNERS[1:], "crm.users") is None


patterns = st.lists(
    st.text("ab*?", min_size=1, max_size=4).map(lambda pattern: an_owner(pattern, pattern)),
    max_size=6,
)


@given(patterns, st.text("ab", min_size=1, max_size=4), st.randoms())
def test_the_order_of_entries_does_not_matter(owners, asset, random) -> None:
    shuffled = random.sample(owners, len(owners))
    assert owner_of(owners, asset) == owner_of(shuffled, asset)
