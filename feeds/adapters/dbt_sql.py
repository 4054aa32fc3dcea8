"""Which table a test's compiled SQL asks, where that is beyond doubt.

It is not SQL that is read here but what stands after FROM and JOIN in its queries, with
comments, texts and the FROM of functions such as `extract(dow from at)` passed over. A
full parser of every dialect needs a thousand times as long for the same answer.
"""

import re
from dataclasses import dataclass
from typing import Final

from feeds.door import Door

LONGEST: Final = 256 * 1024
TOKENS: Final = 6
"""So many words and signs of SQL count as one entry of a document."""
_PART: Final = r'"(?:[^"]|"")*+"?|`[^`]*+`?|\[[^\[\]\n]{1,128}\]|[^\W\d][\w$]*(?:-\w+)*'
_TOKEN: Final = re.compile(
    rf"(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))|'(?:[^']|'')*+'?"
    rf"|(?P<name>(?:{_PART})(?:\.(?:{_PART}))*)|(?P<sign>[(),;])",
    re.DOTALL,
)
_QUOTES: Final = str.maketrans("", "", '"`[]')


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


OPENS: Final = _words("from join")
CLOSES: Final = _words(
    "where group order having limit union except intersect window qualify select on using "
    "fetch offset set"
)
PREFIXES: Final = _words("lateral only unnest table")
NO_ALIAS: Final = OPENS | CLOSES | _words("left right inner full outer cross natural as and or")


@dataclass(slots=True)
class _Level:
    """What is between two brackets: a query, or the arguments of a function and the like."""

    query: bool
    in_from: bool = False
    awaits: bool = False
    """A relation comes next."""
    words: int = 0


class SqlReader:
    """Reads the queries of a document, as many as its bound of entries allows."""

    def __init__(self, door: Door, entries: int) -> None:
        """Take the bounds, and how many entries were read already."""
        self._door = door
        self._tokens = entries * TOKENS

    def relation(self, sql: str | None, target: str) -> str | None:
        """Return the one table that a query asks, or of several that which `target` begins with.

        `target` is what a test's name speaks of, such as `orders_id`. None where in doubt.

        Raises:
            Malformed: the document holds too much SQL.
        """
        if not sql or len(sql) > LONGEST or "\\'" in sql or "$$" in sql:
            return None
        query = _Query()
        for token in _TOKEN.finditer(sql):
            query.take(token)
            self._tokens += 1
            if self._tokens % TOKENS == 0:
                self._door.check_entries(self._tokens // TOKENS)
        found = [name for name in query.relations if name.partition(".")[0] not in query.aliases]
        if len(found) != 1:
            found = [name for name in found if begins(target, name.rpartition(".")[2].lower())]
        return found[0] if len(found) == 1 else None


def begins(target: str, name: str) -> bool:
    """Tell whether what a test's name speaks of begins with a table's name."""
    return bool(name) and (target == name or target.startswith(name + "_"))


class _Query:
    """Collects the relations of a query, and what their rows are called."""

    def __init__(self) -> None:
        self.relations: dict[str, None] = {}
        self.aliases: set[str] = set()
        self._levels = [_Level(query=True)]
        self._before = ""
        self._latest: str | None = None

    def take(self, token: re.Match[str]) -> None:
        if token["comment"]:
            return
        if token["name"] is not None:
            self._before = self._name(token["name"])
        else:
            self._sign(token["sign"])
            self._before = token["sign"] or ""

    def _sign(self, sign: str | None) -> None:
        level = self._levels[-1]
        if sign == "(":
            if self._before == "relation" and self._latest is not None:
                # It is a function that gives a table.
                del self.relations[self._latest]
            self._levels.append(_Level(level.awaits, level.awaits, level.awaits))
            level.awaits = False
        elif sign == ")" and len(self._levels) > 1:
            self._levels.pop()
        elif sign == ",":
            level.awaits = level.query and level.in_from
        elif sign == ";":
            self._levels = [_Level(query=True)]

    def _name(self, name: str) -> str:
        """Take a name, and return what it was."""
        level, word = self._levels[-1], name.lower()
        level.words += 1
        if level.words == 1 and word in ("select", "with"):
            level.query, level.in_from, level.awaits = True, False, False
        elif word in OPENS:
            level.in_from = level.awaits = level.query and self._before != "distinct"
        elif word in CLOSES:
            level.in_from = level.awaits = False
        elif level.awaits and word not in PREFIXES:
            level.awaits = False
            self._relation(name.translate(_QUOTES))
            return "relation"
        elif self._before in ("relation", "relation as") and word not in NO_ALIAS:
            self.aliases.add(name.translate(_QUOTES))
        return "relation as" if self._before == "relation" and word == "as" else word

    def _relation(self, name: str) -> None:
        """Add a relation; a name without a dot may be one that the query itself defines."""
        self._latest = name if "." in name and name not in self.relations else None
        if "." in name:
            self.relations[name] = None
