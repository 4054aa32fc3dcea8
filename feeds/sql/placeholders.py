"""What stands for the table and the column in a contract's queries.

The standard writes `{object}` and `{property}`, its schema's example `${table}`, and other
tools that read contracts `{model}`, `{column}` and so on, also in quotes.
"""

import re
from typing import Final

TABLE: Final = frozenset({"object", "table", "model", "schema"})
COLUMN: Final = frozenset({"property", "column", "field"})
_NAMED: Final = re.compile(r"(?P<quote>[\"'`]?)(?P<dollar>\$?)\{(?P<name>[A-Za-z_]+)\}(?P=quote)")


def check_placeholders(query: str, has_column: bool) -> None:
    """Refuse a query with a placeholder that nothing stands for.

    Raises:
        ValueError: it has one.
    """
    for found in _NAMED.finditer(query):
        name = found["name"].lower()
        if name in COLUMN and not has_column:
            raise ValueError(
                f"query: {{{found['name']}}} needs a column: place the rule under properties"
            )
        if found["dollar"] and name not in TABLE | COLUMN:
            raise ValueError(
                f"query: ${{{found['name']}}} stands for nothing; {{object}} is the table, "
                "{property} the column"
            )


def filled(query: str, table: str, column: str) -> str:
    """Return a query with its placeholders filled in; other braces stay as they are."""

    def value(found: re.Match[str]) -> str:
        name = found["name"].lower()
        if name in TABLE:
            return table
        return column if name in COLUMN else found[0]

    return _NAMED.sub(value, query)
