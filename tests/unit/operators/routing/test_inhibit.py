from hypothesis import given

from pipeline.operators.routing.inhibit import inhibitor_of
from schemas.alerts import SEVERITY_RANK, AlertStatus, Severity

from .samples import an_alert, severities, statuses

OUTAGE = an_alert(asset_id="warehouse", source=None, severity=Severity.CRITICAL)


def test_an_alert_over_the_source_mutes_its_assets() -> None:
    assert inhibitor_of(an_alert(), [an_alert(), OUTAGE]) is OUTAGE


def test_other_sources_are_not_muted() -> None:
    assert inhibitor_of(an_alert(source="crm"), [OUTAGE]) is None
    assert inhibitor_of(an_alert(source=None), [OUTAGE]) is None


def test_a_source_does_not_mute_itself() -> None:
    itself = an_alert(asset_id="warehouse", source="warehouse")
    assert inhibitor_of(itself, [OUTAGE]) is None


@given(severities, severities, statuses)
def test_it_must_be_open_and_at_least_as_severe(source, asset, status: AlertStatus) -> None:
    wide = an_alert(asset_id="warehouse", severity=source, status=status)
    muted = inhibitor_of(an_alert(severity=asset), [wide]) is not None
    is_open = status in (AlertStatus.ACTIVE, AlertStatus.ACKNOWLEDGED)
    assert muted == (is_open and SEVERITY_RANK[source] >= SEVERITY_RANK[asset])
