"""PostgreSQL: does it answer and take writes, are its tables this release's, its clock right."""

import asyncio
import time
from typing import Any

import psycopg

from cli.checks.clock import compare
from cli.checks.finding import Finding
from pipeline.postgres.session import reading
from pipeline.postgres.trouble import PostgresUnavailable
from pipeline.settings import Settings, SettingsError
from sinks.migrations import NEWEST_TESTED, OLDEST, MigrationError, pending, too_old

NAME = "tidemark-doctor"
_ASK = """
    SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on',
           extract(epoch FROM clock_timestamp())::float8
"""
# Of relations in the schemas that are searched, those the role may not use.
_DENIED = """
    SELECT string_agg(relname, ', ' ORDER BY relname) FROM pg_class
    WHERE relnamespace = (SELECT relnamespace FROM pg_class
                          WHERE oid = to_regclass('schema_migrations'))
        AND relkind IN ('r', 'p', 'v') AND NOT relispartition
        AND NOT has_table_privilege(oid, CASE WHEN relkind = 'v' THEN 'SELECT' ELSE 'INSERT' END)
"""
_LOCKS = """
    SELECT relname, pid, coalesce(nullif(application_name, ''), usename),
           extract(epoch FROM clock_timestamp() - xact_start)::float8
    FROM pg_locks JOIN pg_class ON pg_class.oid = relation JOIN pg_stat_activity USING (pid)
    WHERE mode = 'AccessExclusiveLock' AND granted AND relkind IN ('r', 'p')
        AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND pid <> pg_backend_pid() AND clock_timestamp() - xact_start > interval '5 seconds'
    ORDER BY xact_start LIMIT 1
"""


async def check_postgres(settings: Settings) -> list[Finding]:
    """Look at the server, the tables and the clock."""
    return await asyncio.to_thread(_check, settings.database_url.get_secret_value())


def _check(url: str) -> list[Finding]:
    try:
        with reading(url, NAME, statement_timeout=10_000, lock_timeout=5_000) as connection:
            before = time.time()
            asked = connection.execute(_ASK).fetchone() or (False, False, 0.0)
            after = time.time()
            server = _server(connection, asked)
            trouble = [finding for find in (_privileges, _locks) for finding in find(connection)]
    except PostgresUnavailable as error:
        told = f"{error.reason} ({error.said})" if error.said else error.reason
        remedy = error.remedy or "start PostgreSQL, or correct TIDEMARK_DATABASE_URL"
        return [Finding.fail("postgresql", told, remedy)]
    except SettingsError as error:
        return [Finding.fail("postgresql", str(error), "see `tidemark settings`")]
    return [server, _tables(url), *trouble, compare("postgresql clock", asked[2], before, after)]


def _server(connection: psycopg.Connection, asked: tuple[Any, ...]) -> Finding:
    standby, read_only, _ = asked
    number, at = connection.info.server_version, connection.info
    answers = f"PostgreSQL {number // 10_000} at {at.host}:{at.port} answers"
    if fault := too_old(number):
        return Finding.fail("postgresql", fault, f"move to PostgreSQL {OLDEST} or newer")
    if standby:
        return Finding.fail("postgresql", f"{answers}, but is a standby", "point at the primary")
    if read_only:
        remedy = "set default_transaction_read_only to off"
        return Finding.fail("postgresql", f"{answers}, but is read-only", remedy)
    if number // 10_000 > NEWEST_TESTED:
        return Finding.note("postgresql", f"{answers}; tested up to {NEWEST_TESTED}")
    return Finding.ok("postgresql", answers)


def _privileges(connection: psycopg.Connection) -> list[Finding]:
    denied = (connection.execute(_DENIED).fetchone() or (None,))[0]
    if denied is None:
        return []
    remedy = "run `tidemark migrate` as this role, or grant it the tables"
    return [Finding.fail("privileges", f"the role may not write {denied}", remedy)]


def _locks(connection: psycopg.Connection) -> list[Finding]:
    row = connection.execute(_LOCKS).fetchone()
    if row is None:
        return []
    table, pid, who, seconds = row
    told = f"{table} is locked for {seconds:.0f} s by {who}, process {pid}: what needs it waits"
    return [Finding.warn("locks", told, f"end it, or SELECT pg_terminate_backend({pid})")]


def _tables(url: str) -> Finding:
    try:
        missing = pending(url)
    except MigrationError as error:
        return Finding.fail("tables", str(error), "run the release that made them, or a later one")
    except PostgresUnavailable as error:
        return Finding.fail("tables", str(error), error.remedy or "try again")
    if missing:
        names = ", ".join(migration.name for migration in missing)
        return Finding.fail("tables", f"not applied: {names}", "run `tidemark migrate`")
    return Finding.ok("tables", "up to date")
