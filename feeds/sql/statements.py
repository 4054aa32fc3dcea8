"""The SQL of each metric, for PostgreSQL and DuckDB.

A statement gives one row: the rows looked at, and the bad ones among them; or for
`freshness` and `rowCount` the value alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from feeds.sql.contract import Check
from feeds.sql.placeholders import filled


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where the two differ."""

    matches: Callable[[str, str], str]
    """SQL that is true where a text matches a pattern."""
    age: Callable[[str], str]
    """SQL for the seconds since a time."""


POSTGRES: Final = Dialect(
    matches=lambda text, pattern: f"{text} ~ {pattern}",
    age=lambda time: f"extract(epoch FROM now() - CAST({time} AS timestamptz))",
)
DUCKDB: Final = Dialect(
    matches=lambda text, pattern: f"regexp_matches({text}, {pattern})",
    age=lambda time: f"epoch(now()) - epoch(CAST({time} AS timestamptz))",
)


def statement(check: Check, dialect: Dialect) -> str:
    """Return the SQL that measures a check."""
    table, columns = check.table, check.columns
    match check.metric:
        case "sql":
            return filled(check.rule.query or "", table, columns[0] if columns else "")
        case "rowCount":
            return f"SELECT count(*) FROM {table}"  # noqa: S608 - names are the file's own
        case "freshness":
            return f"SELECT {dialect.age(f'max({columns[0]})')} FROM {table}"  # noqa: S608
        case "duplicateValues":
            return _duplicates(table, columns)
        case _:
            bad = _bad(check, columns[0], dialect)
            return f"SELECT count(*), count(*) FILTER (WHERE {bad}) FROM {table}"  # noqa: S608


def literal(value: Any) -> str:
    """Return a value as an SQL literal of its text."""
    if isinstance(value, bool):
        return "'true'" if value else "'false'"
    return "'" + str(value).replace("'", "''") + "'"


def _duplicates(table: str, columns: tuple[str, ...]) -> str:
    """Count the rows beyond the first of each value; nulls are no value."""
    present = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    listed = ", ".join(columns)
    groups = f"SELECT count(*) AS n FROM {table} WHERE {present} GROUP BY {listed}"  # noqa: S608
    return f"SELECT coalesce(sum(n), 0), coalesce(sum(n - 1), 0) FROM ({groups}) AS grouped"  # noqa: S608


def _bad(check: Check, column: str, dialect: Dialect) -> str:
    text = f"CAST({column} AS varchar)"
    arguments = check.rule.arguments
    match check.metric:
        case "nullValues":
            return f"{column} IS NULL"
        case "missingValues":
            missing = arguments["missingValues"]
            texts = ", ".join(literal(value) for value in missing if value is not None)
            ways = [f"{column} IS NULL"] if None in missing else []
            ways += [f"{text} IN ({texts})"] if texts else []
            return " OR ".join(ways) or "false"
        case _:
            ways = []
            if "validValues" in arguments:
                valid = ", ".join(literal(value) for value in arguments["validValues"])
                ways.append(f"{text} NOT IN ({valid})" if valid else "true")
            if "pattern" in arguments:
                ways.append(f"NOT {dialect.matches(text, literal(arguments['pattern']))}")
            return f"{column} IS NOT NULL AND ({' OR '.join(ways)})"
