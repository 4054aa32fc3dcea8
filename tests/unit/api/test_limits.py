import pytest

from api import limits
from api.limits import Bucket, Buckets
from api.rates import Rate


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def test_allows_a_burst_then_the_rate(clock: list[float]) -> None:
    bucket = Bucket(rate=2, burst=3)
    assert [bucket.take() for _ in range(3)] == [0, 0, 0]
    assert bucket.take() == pytest.approx(0.5)
    clock[0] += 0.5
    assert bucket.take() == 0
    assert bucket.take() > 0
    clock[0] += 1000
    assert [bucket.take() == 0 for _ in range(4)] == [True, True, True, False]


def test_keys_do_not_share_and_the_oldest_is_forgotten(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REMEMBERED", 2)
    buckets = Buckets(rate=1, burst=1)
    assert buckets.take("a") == 0
    assert buckets.take("a") > 0
    assert buckets.take("b") == 0
    assert buckets.take("c") == 0
    assert buckets.take("a") == 0


def test_no_rate_allows_all() -> None:
    assert not any(Buckets(0, 0).take("a") for _ in range(100))


def test_a_rate_forgets_after_a_minute(clock: list[float]) -> None:
    rate = Rate()
    rate.add(60)
    clock[0] += 30
    assert rate.per_second == 2
    clock[0] += 31
    assert rate.per_second == 0
