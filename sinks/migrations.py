"""Bring a database to the newest schema: numbered SQL files, each applied once."""

import re
from hashlib import sha256
from importlib.resources import files
from typing import Final, NamedTuple

import psycopg

LOCK: Final = 0x7469_6465_6D69_6772
"""Advisory lock key of whoever migrates, `tidemigr`."""

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
        MigrationError: the database was migrated by a later release, or by other files.
        psycopg.Error: the server can't be reached or refuses a statement.
    """
    with psycopg.connect(database_url, connect_timeout=5) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        connection.execute(_PREPARE)
        missing = _missing(connection)
        for migration in missing:
            _apply(connection, migration)
    return missing


def pending(database_url: str) -> list[Migration]:
    """Return what `migrate` would apply, changing nothing.

    Raises:
        MigrationError: the database was migrated by a later release, or by other files.
        psycopg.Error: the server can't be reached.
    """
    with psycopg.connect(database_url, connect_timeout=5) as connection:
        row = connection.execute("SELECT to_regclass('schema_migrations')").fetchone()
        return migrations() if row == (None,) else _missing(connection)


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
        raise MigrationError(f"{migration.name}: {error}") from error
    connection.execute(_RECORD, (migration.number, migration.name, migration.checksum))
