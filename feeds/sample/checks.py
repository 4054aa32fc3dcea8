"""The rules of each table, and a day's batch held against them."""

from collections.abc import Callable, Iterator

import pandas as pd
import pandera.pandas as pa

from feeds.sample.data import ZONE, Day, Tables
from feeds.sample.outcome import Outcome
from feeds.sample.rules import Rule, RuleSet, tallies
from schemas.metrics import MetricType

COMPLETENESS = MetricType.COMPLETENESS
CONSISTENCY = MetricType.CONSISTENCY
INTEGRITY = MetricType.INTEGRITY
TIMELINESS = MetricType.TIMELINESS
UNIQUENESS = MetricType.UNIQUENESS
VALIDITY = MetricType.VALIDITY

FLIGHT_KEY = ["carrier", "flight", "origin", "sched_dep_time"]
MINUTES_A_DAY = 24 * 60


class DayChecks:
    """Holds a day's rows against the rules of their tables."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._flights = flight_rules(tables)
        self._observations = observation_rules()
        self._hours = hour_rules()
        self._planes = plane_rules()
        self._registrations = registration_rules()

    def outcomes(self, day: Day) -> Iterator[Outcome]:
        """Yield the outcome of every asset that the day has something to say about."""
        yield from self.flights(day)
        yield from self.weather(day)
        yield self.planes(day)

    def flights(self, day: Day) -> Iterator[Outcome]:
        """Yield the outcome of all flights and of each carrier's."""
        rows = day.flights
        failures = self._flights.failures(rows)
        whole = tallies(failures, rows.index)
        yield Outcome("nyc.flights", "Flights", "table", len(rows), whole)
        for carrier, own in rows.groupby("carrier"):
            name = f"Flights of {self._tables.airlines.get(carrier, carrier)}"
            parts = tallies(failures, own.index)
            yield Outcome(f"nyc.flights.{carrier}", name, "partition", len(own), parts)

    def weather(self, day: Day) -> Iterator[Outcome]:
        """Yield the outcome of all weather records and of each station's."""
        rows, hours = day.weather, expected_hours(day, self._tables.stations)
        failures, missing = self._observations.failures(rows), self._hours.failures(hours)
        whole = [*tallies(missing, hours.index), *tallies(failures, rows.index)]
        yield Outcome("nyc.weather", "Weather", "table", len(rows), whole)
        for station in self._tables.stations:
            own, due = rows[rows["origin"] == station], hours[hours["origin"] == station]
            parts = [*tallies(missing, due.index), *tallies(failures, own.index)]
            yield Outcome(
                f"nyc.weather.{station}", f"Weather at {station}", "partition", len(own), parts
            )

    def planes(self, day: Day) -> Outcome:
        """Return the outcome of the registry, judged by the planes that flew."""
        flown = pd.DataFrame({"tailnum": sorted(set(day.flights["tailnum"].dropna()))})
        flown["registered"] = flown["tailnum"].isin(self._tables.registered)
        failures = self._planes.failures(day.planes)
        unregistered = self._registrations.failures(flown)
        parts = [*tallies(unregistered, flown.index), *tallies(failures, day.planes.index)]
        return Outcome("nyc.planes", "Planes", "table", len(day.planes), parts)


def flight_rules(tables: Tables) -> RuleSet:
    """Rules of the flights. That a flight departed at all weighs most."""
    return RuleSet(
        [
            Rule("departure recorded", COMPLETENESS, recorded(), "dep_time", 5, 0.05),
            Rule("arrival recorded", COMPLETENESS, recorded(), "arr_time", 3, 0.05),
            Rule("plane recorded", COMPLETENESS, recorded(), "tailnum", 1, 0.02),
            Rule("departure is a time of day", VALIDITY, pa.Check(is_clock), "dep_time"),
            Rule("arrival is a time of day", VALIDITY, pa.Check(is_clock), "arr_time"),
            Rule("delay plausible", VALIDITY, pa.Check.in_range(-60, 1000), "dep_delay"),
            Rule("speed plausible", VALIDITY, pa.Check(plausible_speed)),
            Rule("delay agrees with times", CONSISTENCY, pa.Check(delay_agrees)),
            Rule("flight not repeated", UNIQUENESS, pa.Check(not_repeated(FLIGHT_KEY)), None, 2),
            Rule("plane registered", INTEGRITY, one_of(tables.registered), "tailnum", 1, 0.2),
            Rule("destination known", INTEGRITY, one_of(tables.airports), "dest", 1, 0.05),
            Rule("airline known", INTEGRITY, one_of(frozenset(tables.airlines)), "carrier"),
        ]
    )


def hour_rules() -> RuleSet:
    """The rule of the hours due: each should have its record."""
    return RuleSet(
        [Rule("hour recorded", TIMELINESS, pa.Check(lambda arrived: arrived), "arrived", 3)]
    )


def observation_rules() -> RuleSet:
    """Rules of the weather records that are there. Temperatures in F, wind in mph."""
    return RuleSet(
        [
            Rule("temperature recorded", COMPLETENESS, recorded(), "temp", 2),
            Rule("pressure recorded", COMPLETENESS, recorded(), "pressure", 1, 0.2),
            Rule("wind recorded", COMPLETENESS, recorded(), "wind_speed", 1, 0.05),
            Rule("temperature plausible", VALIDITY, pa.Check.in_range(-30, 120), "temp"),
            Rule("humidity is a percentage", VALIDITY, pa.Check.in_range(0, 100), "humid"),
            Rule("wind plausible", VALIDITY, pa.Check.in_range(0, 150), "wind_speed"),
            Rule("pressure plausible", VALIDITY, pa.Check.in_range(900, 1085), "pressure"),
            Rule("dew point below temperature", CONSISTENCY, pa.Check(dew_point_fits)),
            Rule("hour not repeated", UNIQUENESS, pa.Check(not_repeated(["origin", "time_hour"]))),
        ]
    )


def plane_rules() -> RuleSet:
    """Rules of the planes' registry entries."""
    return RuleSet(
        [
            Rule("year recorded", COMPLETENESS, recorded(), "year", 1, 0.05),
            Rule("maker recorded", COMPLETENESS, recorded(), "manufacturer"),
            Rule("year plausible", VALIDITY, pa.Check.in_range(1950, 2013), "year"),
            Rule("seats plausible", VALIDITY, pa.Check.in_range(1, 550), "seats"),
            Rule("engines plausible", VALIDITY, pa.Check.in_range(1, 4), "engines"),
            Rule("plane not repeated", UNIQUENESS, pa.Check(not_repeated(["tailnum"])), None, 2),
        ]
    )


def registration_rules() -> RuleSet:
    """The rule of the planes that flew: each should be registered."""
    return RuleSet(
        [Rule("plane registered", INTEGRITY, pa.Check(lambda there: there), "registered", 3, 0.2)]
    )


def expected_hours(day: Day, stations: tuple[str, ...]) -> pd.DataFrame:
    """Return one row per station and hour of the local day, and whether its record came.

    A day has 23 or 25 hours when the clocks change.
    """
    midnight = pd.Timestamp(day.date, tz=ZONE)
    hours = pd.date_range(
        midnight, midnight + pd.DateOffset(days=1), freq="h", inclusive="left"
    ).tz_convert("UTC")
    names = hours.strftime("%Y-%m-%dT%H:%M:%SZ")
    due = pd.MultiIndex.from_product([stations, names], names=["origin", "time_hour"])
    came = pd.MultiIndex.from_frame(day.weather[["origin", "time_hour"]])
    frame = due.to_frame(index=False)
    frame["arrived"] = due.isin(came)
    return frame


def recorded() -> pa.Check:
    """Return the check that a value is there."""
    return pa.Check(lambda values: values.notna(), ignore_na=False)


def one_of(known: frozenset[str]) -> pa.Check:
    """Return the check that a value, where there is one, is among the known."""
    return pa.Check(lambda values: values.isin(known))


def not_repeated(key: list[str]) -> "Callable[[pd.DataFrame], pd.Series[bool]]":
    """Return the test that no other row has the same key."""
    return lambda frame: ~frame.duplicated(key, keep=False)


def is_clock(times: "pd.Series[float]") -> "pd.Series[bool]":
    """Tell which are a time of day written as hhmm; 2400 is midnight."""
    return (times >= 1) & (times <= 2400) & (times % 100 < 60)


def plausible_speed(flights: pd.DataFrame) -> "pd.Series[bool]":
    """Tell which flew at 70-700 mph on average, where the time in the air is known."""
    speed = flights["distance"] / flights["air_time"] * 60
    return speed.between(70, 700) | speed.isna()


def delay_agrees(flights: pd.DataFrame) -> "pd.Series[bool]":
    """Tell which delays are departure minus schedule, around midnight too."""
    late = minutes(flights["dep_time"]) - minutes(flights["sched_dep_time"])
    return ((late - flights["dep_delay"]) % MINUTES_A_DAY == 0) | flights["dep_delay"].isna()


def dew_point_fits(weather: pd.DataFrame) -> "pd.Series[bool]":
    """Tell which dew points lie at or below the temperature, as they must."""
    missing = weather["temp"].isna() | weather["dewp"].isna()
    return (weather["dewp"] <= weather["temp"]) | missing


def minutes(clock: "pd.Series[float]") -> "pd.Series[float]":
    """Return the minutes since midnight of times written as hhmm."""
    return clock // 100 * 60 + clock % 100
