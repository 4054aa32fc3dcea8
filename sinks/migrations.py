"""Bring a database to the newest schema: numbered SQL files, each applied once."""

import re
from hashlib import sha256
from importlib.resources import files
from typing import Final, NamedTuple

import psycopg

from pipeline.postgres.session import reading

LOCK: Final = 0x7469_6465_6D69_6772
"""Advisory lock key of whoever migrates, `tidemigr`."""

OLDEST: Final = 14
NEWEST_TESTED: Final = 18
"""Major versions of PostgreSQL."""

_PASSING: Final = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.AdminShutdown,
    psycopg.errors.DiskFull,
)
"""Says nothing of the migration, but of the server."""
_ENCODING: Final = "SHOW server_encoding"

# Whoever waits for a table makes all others wait behind: give up, and try again.
_LOCK_TIMEOUT: Final = "SET LOCAL lock_timeout = '5s'"
_FILE_NAME: Final = re.compile(r"(\d{4})_\w+\.sql")
_PREPARE: Final = """
    CREATE TABLE IF NOT EXISTS schema_migrations (
        number integer PRIMARY KEY,
        name text NOT NULL,
        checksum bytea NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
    )
"""
_APPLIED: Final = "SELECT number, name, checksum FROM schema_migrations"
_RECORD: Final = "INSERT INTO schema_migrations (number, name, checksum) VALUES (%s, %s, %s)"


class MigrationError(RuntimeError):
    """The database can't be brought to this release's schema; the message says why."""


class Migration(NamedTuple):
    """One file of `schemas/sql/`."""

    number: int
    name: str
    statements: str

    @property
    def checksum(self) -> bytes:
        """Tells whether the file is still what was applied."""
        return sha256(self.statements.encode()).digest()


def migrations() -> list[Migration]:
    """Return this release's migrations in order."""
    found = []
    for file in (files("schemas") / "sql").iterdir():
        match = _FILE_NAME.fullmatch(file.name)
        if match:
            found.append(Migration(int(match[1]), file.name, file.read_text("utf-8")))
    return sorted(found)


def migrate(database_url: str) -> list[Migration]:
    """Apply what is missing, in one transaction; return what was applied.

    Several processes may call this at once: one works, the others wait and find
    nothing left to do.

    Raises:
        MigrationError: the database was migrated by a later release, or by other files; or
            it can't be used at all.
        PostgresUnavailable: the server can't be reached, or is busy.
    """
    # Another that migrates may take its time; a role's statement_timeout is not meant for this.
    with reading(database_url, "tidemark-migrate", statement_timeout=0) as connection:
        _check_server(connection)
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        connection.execute(_LOCK_TIMEOUT)
        connection.execute(_PREPARE)
        missing = _missing(connection)
        for migration in missing:
            _apply(connection, migration)
    return missing


def pending(database_url: str) -> list[Migration]:
    """Return what `migrate` would apply, changing nothing.

    Raises:
        MigrationError: the database was migrated by a later release, or by other files.
        PostgresUnavailable: the server can't be reached.
    """
    with reading(database_url, "tidemark-pending", lock_timeout=5000) as connection:
        row = connection.execute("SELECT to_regclass('schema_migrations')").fetchone()
        return migrations() if row == (None,) else _missing(connection)


def too_old(server_version: int) -> str | None:
    """Say what is wrong with a server of this version, None if nothing is."""
    major = server_version // 10_000
    if major >= OLDEST:
        return None
    return f"PostgreSQL {major} is too old: Tidemark needs PostgreSQL {OLDEST} or newer"


def _check_server(connection: psycopg.Connection) -> None:
    fault = too_old(connection.info.server_version)
    if fault:
        raise MigrationError(fault)
    row = connection.execute(_ENCODING).fetchone()
    if row and row[0] != "UTF8":
        raise MigrationError(
            f"the database's encoding is {row[0]}: create one with ENCODING 'UTF8' and "
            "name it in TIDEMARK_DATABASE_URL"
        )


def _missing(connection: psycopg.Connection) -> list[Migration]:
    known = {migration.number: migration for migration in migrations()}
    applied = connection.execute(_APPLIED).fetchall()
    for number, name, checksum in applied:
        if number not in known:
            raise MigrationError(f"the database has {name}, which this release does not know")
        if checksum != known[number].checksum:
            raise MigrationError(f"{name} is not the file that was applied to the database")
    done = {number for number, _, _ in applied}
    return [migration for migration in known.values() if migration.number not in done]


def _apply(connection: psycopg.Connection, migration: Migration) -> None:
    try:
        connection.execute(migration.statements.encode())
    except psycopg.Error as error:
        if isinstance(error, _PASSING):
            raise
        raise MigrationError(f"{migration.name}: {error}") from error
    connection.execute(_RECORD, (migration.number, migration.name, migration.checksum))
