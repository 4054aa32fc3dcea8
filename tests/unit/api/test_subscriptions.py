import pytest

from api.live.subscriptions import MAX_ASSETS, MAX_GLOBS, SubscriptionSet
from api.problems import Refusal
from schemas.alerts import Severity
from schemas.problems import ProblemCode
from schemas.websocket import Selection, Subscription


def test_nothing_or_all_means_every_asset() -> None:
    for selection in (Selection(), Selection(all=True), Selection(all=True, asset_id="a")):
        held = SubscriptionSet()
        held.subscribe(selection)
        assert held.told() == [Subscription(assets=["*"])]


def test_an_empty_list_means_none() -> None:
    held = SubscriptionSet()
    held.subscribe(Selection(asset_ids=[]))
    assert not held
    held.subscribe(Selection(asset_id="a"))
    held.unsubscribe(Selection(asset_ids=[]))
    assert held


def test_sets_are_kept_by_filter_and_told_whole() -> None:
    held = SubscriptionSet()
    held.subscribe(Selection(asset_ids=["b", "a"]))
    held.subscribe(Selection(asset_id="*", severities=[Severity.CRITICAL]))
    assert held.told() == [
        Subscription(assets=["a", "b"]),
        Subscription(assets=["*"], severities=[Severity.CRITICAL]),
    ]
    held.unsubscribe(Selection(asset_id="a"))
    held.unsubscribe(Selection(severities=[Severity.CRITICAL]))
    assert held.told() == [Subscription(assets=["b"])]
    held.unsubscribe(Selection())
    assert not held


def test_only_what_is_new_is_returned() -> None:
    held = SubscriptionSet()
    held.subscribe(Selection(asset_ids=["a", "b"]))
    ((_, added),) = held.subscribe(Selection(asset_ids=["b", "c"]))
    assert added == {"c"}
    assert held.subscribe(Selection(asset_id="c")) == []


@pytest.mark.parametrize(
    "assets", [[str(n) for n in range(MAX_ASSETS + 1)], [f"{n}*" for n in range(MAX_GLOBS + 1)]]
)
def test_too_much_is_refused_whole(assets: list[str]) -> None:
    held = SubscriptionSet()
    held.subscribe(Selection(asset_id="a"))
    with pytest.raises(Refusal) as refused:
        held.subscribe(Selection(asset_ids=assets))
    assert refused.value.code is ProblemCode.TOO_MANY_SUBSCRIPTIONS
    with pytest.raises(Refusal):
        held.replace([Subscription(assets=assets)])
    assert held.told() == [Subscription(assets=["a"])]


@pytest.mark.parametrize(
    ("assets", "message"),
    [
        (["*a" * 51], "a glob may have 50 wildcards"),
        ([f"{n}{'*a' * 49}*" for n in range(41)], "together may have 2000 wildcards"),
    ],
)
def test_globs_cost_what_their_wildcards_do(assets: list[str], message: str) -> None:
    held = SubscriptionSet()
    with pytest.raises(Refusal, match=message):
        held.subscribe(Selection(asset_ids=assets))
    assert not held
    held.subscribe(Selection(asset_ids=[f"{n}{'*a' * 49}*" for n in range(40)]))
    with pytest.raises(Refusal, match="together"):
        held.subscribe(Selection(asset_id="x.*"))
