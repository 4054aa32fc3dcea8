"""PostgreSQL: does it answer, are its tables this release's, does its clock agree."""

import asyncio
import time

import psycopg

from cli.checks.clock import compare
from cli.checks.finding import Finding
from pipeline.settings import Settings
from sinks.migrations import MigrationError, pending

CONNECT_SECONDS = 5
_ASK = "SELECT pg_is_in_recovery(), extract(epoch FROM clock_timestamp())::float8"


async def check_postgres(settings: Settings) -> list[Finding]:
    """Look at the server, the tables and the clock."""
    return await asyncio.to_thread(_check, settings.database_url.get_secret_value())


def _check(url: str) -> list[Finding]:
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_SECONDS) as connection:
            before = time.time()
            standby, theirs = connection.execute(_ASK).fetchone() or (False, 0.0)
            after = time.time()
            version, at = connection.info.server_version // 10_000, connection.info
            answers = f"PostgreSQL {version} at {at.host}:{at.port} answers"
    except psycopg.Error as error:
        said = " ".join(str(error).split())
        return [
            Finding.fail("postgresql", said, "start PostgreSQL, or correct TIDEMARK_DATABASE_URL")
        ]
    reached = (
        Finding.fail("postgresql", f"{answers}, but is a standby", "point at the primary")
        if standby
        else Finding.ok("postgresql", answers)
    )
    return [reached, _tables(url), compare("postgresql clock", theirs, before, after)]


def _tables(url: str) -> Finding:
    try:
        missing = pending(url)
    except MigrationError as error:
        return Finding.fail("tables", str(error), "run the release that made them, or a later one")
    except psycopg.Error as error:
        return Finding.fail("tables", " ".join(str(error).split()), "see what the role may read")
    if missing:
        names = ", ".join(migration.name for migration in missing)
        return Finding.fail("tables", f"not applied: {names}", "run `tidemark migrate`")
    return Finding.ok("tables", "up to date")
