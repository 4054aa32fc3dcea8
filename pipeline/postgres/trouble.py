"""What PostgreSQL's errors mean for a process: wait, and what a person may have to do.

Whatever is listed here passes, by itself or once an operator has acted, so nobody gives up
over it: the edge answers 503, the sink, the notifier and the jobs wait and try again. What
is not listed is about the rows (see `sinks.database.REFUSALS`), or a fault of ours.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from pipeline.faults import ExitCode, Fault


class Meaning(NamedTuple):
    """What an error says of PostgreSQL, and what an operator does about it if it lasts."""

    reason: str
    remedy: str | None = None
    code: ExitCode = ExitCode.UNAVAILABLE
    """Another says that it does not pass by itself: a command does not wait for it."""


class PostgresUnavailable(RuntimeError):
    """PostgreSQL can't do what was asked of it for now.

    Args:
        meaning: what is wrong; holds no address, role or text of the server.
        said: PostgreSQL's own words, for logs and operators.
        brief: whether another try may succeed at once.
    """

    def __init__(self, meaning: Meaning, said: str = "", *, brief: bool = False) -> None:
        self.meaning = meaning
        self.reason, self.remedy, self.code = meaning
        self.said = said
        self.brief = brief
        self.what = f"PostgreSQL {self.reason}" + (f" ({said})" if said else "")
        super().__init__(f"{self.what}; {self.remedy}" if self.remedy else self.what)

    def fault(self) -> Fault:
        """Return this as what ends a command."""
        return Fault(self.what, self.remedy or "start it, or try again later", self.code)


READ_ONLY: Final = Meaning(
    "is read-only",
    "if that lasts, point TIDEMARK_DATABASE_URL at the primary, or set "
    "default_transaction_read_only to off",
)
LOCKED: Final = Meaning("holds a lock on what is needed", "see who holds it in pg_locks")
BUSY: Final = Meaning("has no connection to spare: all of this process are in use")
SILENT: Final = Meaning("does not answer")
_PASSWORD: Final = Meaning(
    "refuses the password",
    "correct it in TIDEMARK_DATABASE_URL, PGPASSWORD or PGPASSFILE",
    ExitCode.REFUSED,
)
_ROLE: Final = Meaning(
    "refuses the role",
    "correct the role in TIDEMARK_DATABASE_URL, or the server's pg_hba.conf",
    ExitCode.REFUSED,
)
_DATABASE: Final = Meaning(
    "does not have the database",
    "create it, or correct its name in TIDEMARK_DATABASE_URL",
    ExitCode.MISFIT,
)
_TABLES: Final = Meaning("lacks tables of this release", "run `tidemark migrate`", ExitCode.MISFIT)
_SSL: Final = Meaning(
    "can't be reached over TLS as configured",
    "correct sslmode, sslrootcert and the host name in TIDEMARK_DATABASE_URL",
    ExitCode.REFUSED,
)
_NAME: Final = Meaning(
    "can't be found: its host name does not resolve", "correct it in TIDEMARK_DATABASE_URL"
)
_CONNECTIONS: Final = Meaning(
    "has too many clients", "raise max_connections, or put a pooler before it"
)
_STARTING: Final = Meaning("is starting or shutting down")
_CONFLICT: Final = Meaning("ended this transaction in favour of another")

_BY_STATE: Final = {
    "25006": READ_ONLY,
    "25P03": Meaning("ended a transaction that stood idle"),
    "25P04": Meaning("ended a transaction that took too long"),
    "28000": _ROLE,
    "28P01": _PASSWORD,
    "3D000": _DATABASE,
    "3F000": Meaning(
        "does not have the schema", "create it, or correct the role's search_path", ExitCode.MISFIT
    ),
    "42501": Meaning(
        "denies the role a privilege",
        "run `tidemark migrate` as the role that Tidemark connects with, or grant it the tables",
        ExitCode.REFUSED,
    ),
    "42P01": _TABLES,
    "42703": _TABLES,
    "42883": _TABLES,
    "53100": Meaning("has no room left on its disk", "make room on its disk"),
    "53200": Meaning("is out of memory", "give it more memory"),
    "53300": _CONNECTIONS,
    "55P03": LOCKED,
    "57014": Meaning("took too long, or somebody cancelled it"),
    "57P03": _STARTING,
    "57P04": _DATABASE,
    "XX001": Meaning("found its data corrupted", "look into its log and restore a backup"),
    "XX002": Meaning("found an index corrupted", "look into its log and REINDEX"),
}
_BY_CLASS: Final = {
    "08": SILENT,
    "28": _ROLE,
    "40": _CONFLICT,
    "53": Meaning("is short of resources", "look into its log"),
    "55": Meaning("is not in the state that is needed"),
    "57": Meaning("ended the connection"),
    "58": Meaning("has trouble with its machine", "look into its log"),
    "XX": Meaning("failed inside", "look into its log"),
}
# A connection that fails has no SQLSTATE, only the server's words. In another language than
# English they are passed on as they are.
_BY_WORDS: Final = (
    ("password", _PASSWORD),
    ("pg_hba.conf", _ROLE),
    ("authentication failed", _ROLE),
    ("not permitted to log in", _ROLE),
    ("certificate", _SSL),
    ("ssl", _SSL),
    ("too many clients", _CONNECTIONS),
    ("too many connections", _CONNECTIONS),
    ("connection slots", _CONNECTIONS),
    ("starting up", _STARTING),
    ("shutting down", _STARTING),
    ("not yet accepting connections", _STARTING),
    ("read-only", READ_ONLY),
    ("could not translate host name", _NAME),
    ("failed to resolve host", _NAME),
    ("name or service not known", _NAME),
)
_BRIEF: Final = ("40001", "40P01")


def explain(error: BaseException) -> PostgresUnavailable | None:
    """Return what an error says of PostgreSQL, None if it is not about its availability."""
    if isinstance(error, PostgresUnavailable):
        return error
    if isinstance(error, (PoolTimeout, PoolClosed, TooManyRequests)):
        return PostgresUnavailable(BUSY)
    if not isinstance(error, psycopg.Error):
        return None
    said, state = one_line(error), error.sqlstate
    if state is not None:
        meaning = _BY_STATE.get(state) or _BY_CLASS.get(state[:2])
        return meaning and PostgresUnavailable(meaning, said, brief=state in _BRIEF)
    if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)):
        return PostgresUnavailable(_meaning_of(said.lower()), said)
    return None


@contextmanager
def explained() -> Iterator[None]:
    """Turn what `explain` knows into `PostgresUnavailable`."""
    try:
        yield
    except psycopg.Error as error:
        found = explain(error)
        if found is None:
            raise
        raise found from error


def _meaning_of(said: str) -> Meaning:
    if "does not exist" in said and "certificate" not in said:
        return _ROLE if "role" in said else _DATABASE
    return next((meaning for words, meaning in _BY_WORDS if words in said), SILENT)


def one_line(error: BaseException) -> str:
    """Return an error's text in one line."""
    return " ".join(str(error).split()) or type(error).__name__
