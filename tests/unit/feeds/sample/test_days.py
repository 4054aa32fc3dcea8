"""What the checks find in the real data."""

from datetime import date

import pytest

from feeds.sample.checks import DayChecks, expected_hours
from feeds.sample.data import Tables
from feeds.sample.outcome import Outcome
from schemas.metrics import MetricType


@pytest.fixture(scope="module")
def tables() -> Tables:
    return Tables()


@pytest.fixture(scope="module")
def checks(tables: Tables) -> DayChecks:
    return DayChecks(tables)


def outcomes(tables: Tables, checks: DayChecks, *day: int) -> dict[str, Outcome]:
    return {outcome.asset_id: outcome for outcome in checks.outcomes(tables.day(date(*day)))}


def test_the_storm_of_8_february_is_a_critical_drop(tables: Tables, checks: DayChecks) -> None:
    before = dict(outcomes(tables, checks, 2013, 2, 7)["nyc.flights"].metrics())
    storm = outcomes(tables, checks, 2013, 2, 8)["nyc.flights"]
    during = dict(storm.metrics())
    assert before[MetricType.SCORE] - during[MetricType.SCORE] >= 20
    assert before[MetricType.COMPLETENESS] - during[MetricType.COMPLETENESS] >= 40
    # 472 of 930 flights never departed.
    assert storm.metadata("")["failed"]["departure recorded"] == 930 - 458
    assert during[MetricType.ISSUES] == 3


def test_the_gust_of_1048_mph_is_found(tables: Tables, checks: DayChecks) -> None:
    found = outcomes(tables, checks, 2013, 2, 12)
    assert found["nyc.weather.EWR"].metadata("")["issues"] == ["wind plausible"]
    assert found["nyc.weather.JFK"].metadata("")["issues"] == []


def test_assets_are_tables_carriers_and_stations(tables: Tables, checks: DayChecks) -> None:
    names = set(outcomes(tables, checks, 2013, 2, 8))
    assert {
        "nyc.flights",
        "nyc.flights.UA",
        "nyc.weather",
        "nyc.weather.JFK",
        "nyc.planes",
    } <= names


def test_a_carriers_rows_add_up_to_the_table(tables: Tables, checks: DayChecks) -> None:
    found = outcomes(tables, checks, 2013, 2, 8)
    carriers = [o for name, o in found.items() if name.startswith("nyc.flights.")]
    assert sum(o.rows for o in carriers) == found["nyc.flights"].rows
    for number, tally in enumerate(found["nyc.flights"].tallies):
        assert sum(o.tallies[number].failed for o in carriers) == tally.failed


@pytest.mark.parametrize(("day", "hours"), [((3, 10), 23), ((6, 1), 24), ((11, 3), 25)])
def test_days_have_the_hours_the_clocks_give_them(
    tables: Tables, day: tuple[int, int], hours: int
) -> None:
    due = expected_hours(tables.day(date(2013, *day)), tables.stations)
    assert len(due) == 3 * hours


def test_a_day_without_any_rows_has_no_hour_recorded(tables: Tables, checks: DayChecks) -> None:
    empty = outcomes(tables, checks, 2014, 1, 1)
    assert dict(empty["nyc.weather.LGA"].metrics())[MetricType.TIMELINESS] == 0
    assert not any(name.startswith("nyc.flights.") for name in empty)
