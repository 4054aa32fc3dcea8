from typing import Any

import pytest
from hypothesis import given

from pipeline.operators.routing.match import matches, selects
from schemas.alerts import SEVERITY_RANK, AlertType, Severity

from .samples import a_silence, a_subscription, an_alert, severities


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"asset_pattern": "warehouse.*"},
        {"asset_pattern": "warehouse.sales.orders"},
        {"source": "warehouse"},
        {"owner": "sales team"},
        {"alert_types": [AlertType.NEW_ISSUES, AlertType.SUDDEN_DROP]},
        {"minimum_severity": Severity.HIGH},
        {"scope": ["crm.*", "warehouse.*"]},
    ],
)
def test_all_that_is_asked_for_is_so(fields: dict[str, Any]) -> None:
    assert matches(a_subscription(**fields), an_alert(), "sales team")


@pytest.mark.parametrize(
    "fields",
    [
        {"enabled": False},
        {"asset_pattern": "warehouse.sales"},
        {"asset_pattern": "Warehouse.*"},
        {"source": "crm"},
        {"owner": "finance"},
        {"alert_types": [AlertType.NEW_ISSUES]},
        {"minimum_severity": Severity.CRITICAL},
        {"scope": ["crm.*"], "asset_pattern": "*"},
        {"asset_pattern": "warehouse.*", "source": "crm"},
    ],
)
def test_one_thing_that_is_not_so_is_enough(fields: dict[str, Any]) -> None:
    assert not matches(a_subscription(**fields), an_alert(), "sales team")


def test_an_asset_of_nobody_is_not_an_owners() -> None:
    assert not matches(a_subscription(owner="finance"), an_alert(), None)


@given(severities, severities)
def test_the_minimum_severity_is_inclusive(least: Severity, severity: Severity) -> None:
    told = matches(a_subscription(minimum_severity=least), an_alert(severity=severity), None)
    assert told == (SEVERITY_RANK[severity] >= SEVERITY_RANK[least])


def test_improvements_are_not_told_unless_asked_for() -> None:
    improved = an_alert(alert_type=AlertType.SCORE_IMPROVEMENT, severity=Severity.LOW)
    assert not matches(a_subscription(), improved, None)
    assert matches(a_subscription(minimum_severity=Severity.LOW), improved, None)


def test_a_silence_reaches_no_further_than_its_author_sees() -> None:
    assert not selects(a_silence(asset_pattern="*", scope=["crm.*"]), an_alert())
