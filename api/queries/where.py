"""Conditions of a query, each with its parameters."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString

from psycopg import sql

from api.auth.scope import Scope
from api.problems import invalid
from pipeline.globs import ALL, MAX_WILDCARDS, is_glob, posix, wildcards


class Where:
    """Collects what rows must meet; values go into parameters, never into the text."""

    def __init__(self) -> None:
        self._conditions: list[sql.Composable] = []
        self.values: dict[str, Any] = {}

    def add(self, condition: LiteralString, **values: Any) -> None:
        """Ask for `condition`, which names its `values` as `%(name)s`."""
        self._conditions.append(sql.SQL(condition))
        self.values.update(values)

    def add_given(self, condition: LiteralString, **values: Any) -> None:
        """Ask for `condition` unless its values are None or empty."""
        if all(value is not None and value != [] for value in values.values()):
            self.add(condition, **values)

    def add_scope(self, scope: Scope) -> None:
        """Ask for the assets in `scope` alone."""
        if not scope.everything:
            self._add_matching("scope", scope.globs)

    def add_asset(self, asset: str | None) -> None:
        """Ask for one asset, or for those a glob matches.

        Raises:
            Refusal: the glob would take PostgreSQL too long to read.
        """
        if asset is None or asset == ALL:
            return
        if is_glob(asset):
            if wildcards(asset) > MAX_WILDCARDS:
                raise invalid("assetId", f"a glob may have {MAX_WILDCARDS} wildcards")
            self._add_matching("glob", [asset])
        else:
            self.add("asset_id = %(asset)s", asset=asset)

    def _add_matching(self, name: str, globs: Sequence[str]) -> None:
        """Ask for assets that a glob matches: each is looked at once, not with every row of it.

        A condition for each glob: one over an array of them could not be met from an index
        by what they begin with.
        """
        values = {f"{name}_{number}": posix(glob) for number, glob in enumerate(globs)}
        tests = [sql.SQL("asset_id ~ {}").format(sql.Placeholder(value)) for value in values]
        self._add_assets(sql.SQL(" OR ").join(tests) if tests else sql.SQL("false"), values)

    def add_between(self, column: LiteralString, first: datetime, beyond: datetime) -> None:
        """Ask for a time from `first` on and before `beyond`."""
        self.add(column + " >= %(first)s AND " + column + " < %(beyond)s")
        self.values |= {"first": first, "beyond": beyond}

    def add_beyond(self, columns: sql.Composable, values: sql.Composable) -> None:
        """Ask for what comes after `values` in the order of `columns`."""
        self._conditions.append(sql.SQL("({}) > ({})").format(columns, values))

    def add_assets(self, wanted: "Where") -> None:
        """Ask for the assets that meet `wanted`: each is looked at once, not with every row."""
        self._add_assets(wanted.text, wanted.values)

    def _add_assets(self, condition: sql.Composable, values: Mapping[str, Any]) -> None:
        found = sql.SQL("asset_id IN (SELECT asset_id FROM assets WHERE {})").format(condition)
        self._conditions.append(found)
        self.values.update(values)

    @property
    def text(self) -> sql.Composable:
        """The conditions as SQL, true where there are none."""
        return sql.SQL(" AND ").join(self._conditions) if self._conditions else sql.SQL("true")
