"""Bringing a database to the newest schema."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from sinks.migrations import MigrationError, migrate, migrations, pending


def test_from_nothing_to_the_newest_and_then_nothing_to_do(empty_database_url: str) -> None:
    wanted = migrations()
    assert pending(empty_database_url) == wanted
    assert migrate(empty_database_url) == wanted
    assert migrate(empty_database_url) == pending(empty_database_url) == []


def test_several_migrate_at_once(empty_database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = [*pool.map(migrate, [empty_database_url] * 4)]
    assert sorted(map(len, applied)) == [0, 0, 0, len(migrations())]


def test_numbers_are_unique() -> None:
    numbers = [migration.number for migration in migrations()]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    ("tampering", "fault"),
    [
        ("UPDATE schema_migrations SET checksum = '' WHERE number = 1", "0001_assets.sql is not"),
        ("INSERT INTO schema_migrations VALUES (9999, '9999_next.sql', '')", "does not know"),
    ],
)
def test_what_others_migrated_is_left_alone(
    empty_database_url: str, tampering: str, fault: str
) -> None:
    migrate(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        connection.execute(tampering)  # type: ignore[arg-type]
    with pytest.raises(MigrationError, match=fault):
        migrate(empty_database_url)
    with pytest.raises(MigrationError, match=fault):
        pending(empty_database_url)


def test_a_migration_that_fails_leaves_nothing_behind(empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("CREATE TABLE alert_outbox (id int)")
    with pytest.raises(MigrationError, match=r"0002_alerts\.sql: .*alert_outbox"):
        migrate(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        found = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
    assert found == [("alert_outbox",)]
