"""A pattern covers another only if it matches whatever the other does."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.auth.cover import covers
from api.auth.scope import EVERYTHING, Scope
from pipeline.globs import matches_any

PATTERNS = st.lists(st.sampled_from(["a", "b", "*", "?", "[ab]", "[!a]", "."]), max_size=6).map(
    "".join
)


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ("*", "anything*"), ("sales.*", "sales.orders"), ("sales.*", "sales.*.daily"),
        ("sales.*", "sales.[ab]"), ("s?les", "sales"), ("s?les", "s[ae]les"), ("[ab]x", "ax"),
        ("[ab]x", "[ab]x"), ("*a*", "a"), ("a", "a"), ("a*", "a**"), ("*b", "a?b"), ("", ""),
    ],
)  # fmt: skip
def test_what_covers(outer: str, inner: str) -> None:
    assert covers(outer, inner)


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        # As texts, each of these inner patterns matches its outer one.
        ("a?", "a*"), ("????", "ab*?"), ("sales.?", "sales.*"), ("[*]x", "*x"), ("?", "*"),
        ("a[!b]", "a*"), ("a[!b]", "a?"),
        ("sales.*", "*"), ("sales.*", "sales"), ("a", "b"), ("[ab]", "?"), ("[ab]", "[abc]"),
        ("a", ""), ("", "*"),
    ],
)  # fmt: skip
def test_what_does_not(outer: str, inner: str) -> None:
    assert not covers(outer, inner)


@given(PATTERNS, PATTERNS, st.lists(st.text(st.sampled_from("ab.c"), max_size=6), max_size=30))
def test_it_never_says_so_of_what_reaches_further(outer: str, inner: str, ids: list[str]) -> None:
    if covers(outer, inner):
        samples = [*ids, re.sub(r"\[!a\]", "b", inner).replace("[ab]", "a").replace("?", "c")]
        for one in samples:
            assert not matches_any((inner,), one) or matches_any((outer,), one)


def test_of_two_scopes_the_one_within_the_other_is_left() -> None:
    sales, orders, crm = Scope(["sales.*"]), Scope(["sales.orders", "sales.o?"]), Scope(["crm.*"])
    assert sales.narrower(orders) == orders.narrower(sales) == orders
    assert sales.narrower(EVERYTHING) == EVERYTHING.narrower(sales) == sales
    assert sales.narrower(crm) is None
    assert sales.narrower(Scope(["sales.*", "crm.*"])) == sales
