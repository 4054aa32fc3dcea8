"""Bringing a database to the newest schema."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

import sinks.migrations
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


def test_alerts_learn_from_their_audit_when_they_were_resolved(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(
            sinks.migrations, "migrations", lambda: [m for m in migrations() if m.number < 33]
        )
        migrate(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("""
            INSERT INTO assets (asset_id, asset_name) VALUES ('a', 'a');
            INSERT INTO quality_alerts_realtime
                (id, asset_id, asset_name, alert_type, message, severity, status, "timestamp",
                 metadata, step_id, changed_at, changed_by)
            SELECT id, 'a', 'a', 'sudden_drop', '', 'high', 'active', now(),
                   '{"rule": "score_drop"}', gen_random_uuid(), now(), 'pipeline'
            FROM (VALUES ('00000000-0000-0000-0000-000000000001'::uuid),
                         ('00000000-0000-0000-0000-000000000002')) AS t (id);
            INSERT INTO alert_audit
                (step_id, alert_id, action, actor, at, from_status, to_status)
            SELECT gen_random_uuid(), '00000000-0000-0000-0000-000000000001', action, actor, at,
                   'active', 'active'
            FROM (VALUES ('acknowledge', 'key:ann', '2025-01-01T01:00Z'::timestamptz),
                         ('acknowledge', 'key:ann', '2025-01-01T02:00Z'),
                         ('resolve', 'pipeline', '2025-01-01T03:00Z'),
                         ('resolve', 'key:ann', '2025-01-01T04:00Z')) AS t (action, actor, at)
        """)
    migrate(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        found = connection.execute("""
            SELECT rule, to_char(acknowledged_at AT TIME ZONE 'UTC', 'HH24'),
                   to_char(resolved_at AT TIME ZONE 'UTC', 'HH24'), resolved_by_itself
            FROM quality_alerts_realtime ORDER BY id
        """).fetchall()
    assert found == [("score_drop", "01", "03", True), ("score_drop", None, None, False)]
