"""The checks file: an ODCS 3 contract's schema and quality, and where to run it."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import yaml
from croniter import croniter
from msgspec import Struct

from feeds.mapping import named_dimension
from feeds.sql.condition import OPERATORS, Condition
from feeds.sql.placeholders import check_placeholders
from feeds.sql.versions import NoRule, check_version, current

ROW_METRICS: Final = frozenset({"nullValues", "missingValues", "invalidValues", "duplicateValues"})
METRICS: Final = ROW_METRICS | {"rowCount", "freshness"}
IN_COLUMN: Final = frozenset({"nullValues", "missingValues", "invalidValues", "freshness"})
SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
UNITS: Final = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
JSON_TYPES: Final = frozenset({"json", "jsonb"})
DEFAULT_EVERY: Final = timedelta(minutes=5)
_DURATION: Final = re.compile(r"(\d+)([smhd])")
_VARIABLE: Final = re.compile(r"\$\{(\w+)\}")


class ContractError(ValueError):
    """The checks file makes no sense; the message names file and check."""


class Quality(Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """One rule, with the names of ODCS 3.1. `rule` is 3.0's name of `metric`."""

    id: str | None = None
    name: str | None = None
    description: str | None = None
    type: Literal["library", "text", "sql", "custom"] | None = None
    metric: str | None = None
    rule: str | None = None
    arguments: dict[str, Any] = {}
    query: str | None = None
    unit: str | None = None
    dimension: str | None = None
    severity: str | None = None
    scheduler: str | None = None
    schedule: str | None = None
    engine: Any = None
    implementation: Any = None
    method: Any = None
    business_impact: Any = None
    custom_properties: Any = None
    authoritative_definitions: Any = None
    tags: Any = None
    must_be: bool | float | None = None
    must_not_be: bool | float | None = None
    must_be_greater_than: float | None = None
    must_be_greater_or_equal_to: float | None = None
    must_be_less_than: float | None = None
    must_be_less_or_equal_to: float | None = None
    must_be_between: tuple[float, float] | None = None
    must_not_be_between: tuple[float, float] | None = None


class Property(Struct, rename="camel"):
    """A column, or a field of one. `items` are those of a list, whose checks can't be run."""

    name: str = ""
    physical_name: str | None = None
    physical_type: str | None = None
    logical_type: str | None = None
    quality: list[Any] | None = None
    properties: list["Property"] | None = None
    items: "Property | None" = None


class Table(Struct, rename="camel"):
    """A table. `asset` is our own: the asset id, if not the table's name."""

    name: str
    physical_name: str | None = None
    asset: str | None = None
    quality: list[Any] | None = None
    properties: list[Property] | None = None


class Document(Struct, rename="camel"):
    """The file. Everything else that a contract says is not ours to read."""

    schema: list[Table]
    connection: str | None = None
    every: str | None = None
    timeout: str | None = None
    asset_prefix: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One rule, ready to run.

    Attributes:
        metric: one of `METRICS`, or `sql`.
        table: the table as SQL names it.
        columns: the columns as SQL names them.
        every: seconds from one run to the next, unless `cron` says when.
    """

    name: str
    asset: str
    metric: str
    table: str
    columns: tuple[str, ...]
    condition: Condition
    every: float
    cron: str | None
    warning: bool
    rule: Quality


@dataclass(frozen=True, slots=True)
class Contract:
    """What to check, and where. `timeout` in seconds for one query."""

    connection: str
    checks: tuple[Check, ...]
    timeout: float
    skipped: tuple[str, ...] = ()
    """Rules that can't be run, and why."""


def load_contract(file: Path, connection: str | None = None) -> Contract:
    """Read a checks file; `connection` overrides the file's.

    Raises:
        ContractError: it can't be read, or a check makes no sense.
    """
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        check_version(content)
        document = msgspec.convert(content, Document)
        url = _expanded(connection or document.connection or "")
        every = duration(document.every) if document.every else DEFAULT_EVERY.total_seconds()
        timeout = duration(document.timeout) if document.timeout else 60.0
        skipped: list[str] = []
        checks = tuple(
            check for table in document.schema for check in _checks(table, document, every, skipped)
        )
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError) as error:
        raise ContractError(f"{file}: {error}") from None
    if not checks:
        raise ContractError(f"{file}: holds no check that can be run")
    if not url:
        raise ContractError(f"{file}: no connection: give one there or with --connection")
    return Contract(url, checks, timeout, tuple(skipped))


def duration(text: str) -> float:
    """Return the seconds of `30s`, `5m`, `1h` or `1d`.

    Raises:
        ValueError: it is none of them.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        raise ValueError(f"{text!r} is no duration such as 30s, 5m, 1h or 1d")
    return float(int(match[1]) * SECONDS[match[2]])


def quoted(name: str) -> str:
    """Return a name as an SQL identifier, each part of `schema.table` in quotes."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))


@dataclass(frozen=True, slots=True)
class Place:
    """Where rules stand: a table, or the column that `sql` names."""

    name: str
    rules: list[Any]
    column: str | None = None
    sql: str | None = None


def _checks(table: Table, document: Document, every: float, skipped: list[str]) -> Iterator[Check]:
    asset = table.asset or document.asset_prefix + table.name
    relation = table.physical_name or quoted(table.name)
    places = [Place(table.name, table.quality or [])]
    for column in table.properties or []:
        sql = column.physical_name or quoted(column.name)
        places += _columns_of(column, f"{table.name}.{column.name}", column.name, sql, skipped)
    for place in places:
        for index, raw in enumerate(place.rules):
            where = f"{place.name} quality[{index}]"
            try:
                rule = _rule(raw, where)
            except NoRule as error:
                skipped.append(f"{where}: {error}")
            else:
                yield _check(rule, where, asset, relation, place, every)


def _columns_of(
    column: Property, place: str, name: str, sql: str, skipped: list[str]
) -> Iterator[Place]:
    """Yield a column and the fields in it, each with the SQL that names it."""
    yield Place(place, column.quality or [], name, sql)
    if _has_rules(column.items):
        skipped.append(f"{place}.items: checks of the elements of a list can't be run")
    is_json = (column.physical_type or "").lower() in JSON_TYPES
    for inner in column.properties or []:
        if is_json:
            inner_sql = f"({sql} ->> '" + inner.name.replace("'", "''") + "')"
        else:
            inner_sql = f"({sql})." + (inner.physical_name or quoted(inner.name))
        yield from _columns_of(
            inner, f"{place}.{inner.name}", f"{name}.{inner.name}", inner_sql, skipped
        )


def _has_rules(column: Property | None) -> bool:
    if column is None:
        return False
    return bool(column.quality) or any(map(_has_rules, [*(column.properties or []), column.items]))


def _rule(raw: Any, where: str) -> Quality:
    """Return a rule.

    Raises:
        NoRule: it can't be run: it is text, or another engine's.
        ValueError: it makes no sense.
    """
    if isinstance(raw, dict):
        where = f"{where} ({raw['name']})" if raw.get("name") else where
        raw = current(raw)
    try:
        rule = msgspec.convert(raw, Quality)
    except msgspec.ValidationError as error:
        raise ValueError(f"{where}: {error}") from None
    if rule.type in {"text", "custom"}:
        raise NoRule(f"rules of type {rule.type} are for people and others")
    return rule


def _check(rule: Quality, where: str, asset: str, table: str, place: Place, every: float) -> Check:
    if rule.name:
        where = f"{where} ({rule.name})"
    metric = "sql" if rule.type == "sql" or rule.query else rule.metric
    try:
        columns = _columns(rule, metric, place)
        _demand(rule, metric)
        if metric == "sql":
            check_placeholders(rule.query or "", bool(columns))
        condition = _condition(rule)
        if rule.schedule and not croniter.is_valid(rule.schedule):
            raise ValueError(f"schedule: {rule.schedule!r} is no cron expression")
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    subject = f" of {place.column}" if place.column else ""
    return Check(
        name=rule.name or f"{metric}{subject}",
        asset=asset,
        metric=str(metric),
        table=table,
        columns=columns,
        condition=condition,
        every=every,
        cron=rule.schedule,
        warning=str(rule.severity).lower() in {"warning", "warn", "info", "low"},
        rule=rule,
    )


def _columns(rule: Quality, metric: str | None, place: Place) -> tuple[str, ...]:
    if place.sql is not None:
        return (place.sql,)
    named = rule.arguments.get("properties") or rule.arguments.get("column") or []
    names = [named] if isinstance(named, str) else named
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("arguments: properties must be a list of columns")
    if not names and metric in IN_COLUMN | {"duplicateValues"}:
        raise ValueError(
            f"{metric} needs a column: place it under properties, or name it in arguments"
        )
    return tuple('"' + name.replace('"', '""') + '"' for name in names)


def _demand(rule: Quality, metric: str | None) -> None:
    if metric == "sql":
        if not (rule.query or "").strip():
            raise ValueError("query is missing")
    elif metric not in METRICS:
        raise ValueError(f"metric: {metric!r} is not one of {', '.join(sorted(METRICS))}")
    if metric == "invalidValues" and not rule.arguments.keys() & {"validValues", "pattern"}:
        raise ValueError("invalidValues needs validValues or pattern in arguments")
    if metric == "missingValues" and not isinstance(rule.arguments.get("missingValues"), list):
        raise ValueError("missingValues needs the list missingValues in arguments")
    units = {"freshness": set(UNITS), "rowCount": {"rows"}}.get(str(metric), {"rows", "percent"})
    if rule.unit is not None and metric != "sql" and rule.unit not in units:
        raise ValueError(f"unit: {rule.unit!r} is not one of {', '.join(sorted(units))}")
    if rule.dimension is not None and named_dimension(rule.dimension) is None:
        raise ValueError(f"dimension: {rule.dimension!r} is none that is known")


def _condition(rule: Quality) -> Condition:
    given = {name: getattr(rule, name) for name in OPERATORS if getattr(rule, name) is not None}
    if not given and not rule.query:
        raise ValueError("has no condition such as mustBe or mustBeLessThan")
    return Condition(given)


def _expanded(url: str) -> str:
    """Put environment variables in for `${NAME}`, so that no password need be written down."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise ValueError(f"connection: the environment has no {match[1]}")
        return os.environ[match[1]]

    return _VARIABLE.sub(value, url)
