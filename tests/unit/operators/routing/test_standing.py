from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pipeline.operators.routing.standing import REMEMBERED, Standing, advance
from schemas.alerts import SEVERITY_RANK, Alert, AlertStatus, Severity

from .samples import an_alert, severities, statuses


def stepped(alert: Alert, status: AlertStatus, severity: Severity | None = None) -> Alert:
    return replace(alert, status=status, severity=severity or alert.severity, step_id=uuid4())


def test_a_step_that_comes_again_is_known() -> None:
    alert = an_alert()
    standing = advance(None, alert)
    assert standing is not None
    assert advance(standing, alert) is None
    later = advance(standing, stepped(alert, AlertStatus.RESOLVED))
    assert advance(later, alert) is None


def test_only_what_raises_or_worsens_it_concerns_others() -> None:
    alert = an_alert(severity=Severity.MEDIUM)
    raised = advance(None, alert)
    assert raised is not None
    assert raised.is_news
    for status, severity, news in (
        (AlertStatus.ACKNOWLEDGED, None, False),
        (AlertStatus.ACTIVE, None, False),
        (AlertStatus.ACTIVE, Severity.HIGH, True),
    ):
        step = advance(raised, stepped(alert, status, severity))
        assert step is not None
        assert step.is_news is news


def test_one_that_was_over_when_first_heard_of_is_no_news() -> None:
    standing = advance(None, an_alert(status=AlertStatus.RESOLVED))
    assert standing is not None
    assert not standing.is_news


@given(st.lists(st.tuples(statuses, severities), min_size=1, max_size=30))
def test_the_activation_is_the_newest_step_that_made_it_active(steps) -> None:
    standing: Standing | None = None
    alert, activation, before = an_alert(), None, None
    for status, severity in steps:
        alert = stepped(alert, status, severity)
        if status is AlertStatus.ACTIVE and before is not AlertStatus.ACTIVE:
            activation = alert.step_id
        before, worst = status, standing and standing.alert.severity
        standing = advance(standing, alert)
        assert standing is not None
        if activation is not None:
            assert standing.activation == activation
        worse = worst is not None and SEVERITY_RANK[severity] > SEVERITY_RANK[worst]
        active = status is AlertStatus.ACTIVE
        assert standing.is_news == (active and (worse or activation == alert.step_id))


def test_what_is_remembered_is_bounded() -> None:
    alert = an_alert()
    standing = advance(None, alert)
    for _ in range(REMEMBERED + 5):
        standing = advance(standing, stepped(alert, AlertStatus.ACTIVE))
    assert standing is not None
    assert len(standing.steps) == REMEMBERED


def test_the_first_version_of_a_step_stands() -> None:
    """Thresholds that changed before a replay make other contents under the same ids."""
    alert = an_alert(severity=Severity.MEDIUM)
    standing = advance(None, alert)
    assert advance(standing, replace(alert, severity=Severity.CRITICAL, message="other")) is None
