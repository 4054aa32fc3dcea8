from datetime import datetime

from hypothesis import given

from pipeline.operators.routing.silence import is_silenced, silence_over
from schemas.alerts import AlertType

from .samples import NOW, a_silence, an_alert, later, moments


@given(moments)
def test_it_holds_from_its_start_until_before_its_end(now: datetime) -> None:
    silence = a_silence(starts_at=later(days=-300), ends_at=later(days=300))
    inside = later(days=-300) <= now < later(days=300)
    assert is_silenced(silence, an_alert(), now) is inside


def test_its_bounds() -> None:
    silence = a_silence(starts_at=NOW, ends_at=later(hours=1))
    assert is_silenced(silence, an_alert(), NOW)
    assert not is_silenced(silence, an_alert(), later(hours=1))


def test_it_means_what_it_matches() -> None:
    assert not is_silenced(a_silence(asset_pattern="crm.*"), an_alert(), NOW)
    assert not is_silenced(a_silence(source="crm"), an_alert(), NOW)
    assert not is_silenced(a_silence(alert_types=[AlertType.NEW_ISSUES]), an_alert(), NOW)
    assert is_silenced(a_silence(alert_types=[AlertType.SUDDEN_DROP]), an_alert(), NOW)


def test_of_several_the_one_that_lasts_longest_is_told() -> None:
    short, long = a_silence(), a_silence(ends_at=later(days=2))
    assert silence_over([short, long, a_silence(asset_pattern="x")], an_alert(), NOW) is long
    assert silence_over([], an_alert(), NOW) is None
