"""Fill a database with events as if the sink had written them."""

import time
from pathlib import Path

import psycopg

from sinks.migrations import migrate, migrations

_ASSETS = """
    INSERT INTO assets (asset_id, asset_name, source)
    SELECT format('warehouse.source%%s.asset%%s', n %% 20, n), 'asset ' || n, 'source' || n %% 20
    FROM generate_series(0, %(assets)s - 1) AS n
"""
_PARTITIONS = """
    SELECT ensure_metric_history_partition(day::date)
    FROM generate_series(current_date - %(days)s::int, current_date, '1 day') AS day
"""
# Every asset reports its score at even intervals, an asset's own minute and level.
_HISTORY = """
    INSERT INTO quality_metric_history (asset_id, metric_type, value, "timestamp", event_id)
    SELECT format('warehouse.source%%s.asset%%s', n %% 20, n), 'score',
           round((88 + n %% 10 - abs(random() + random() - 1) * 8)::numeric, 2),
           now() - (%(days)s * interval '1 day') * ((k + random()) / %(each)s), gen_random_uuid()
    FROM generate_series(0, %(each)s - 1) AS k, generate_series(0, %(assets)s - 1) AS n
"""
FIRST_ROLLUPS = 30
"""The migration that sums up the history there is."""


def fill(url: str, assets: int, days: int, rows: int) -> None:
    """Write `rows` events of `assets` over the last `days`, and their roll-ups."""
    values = {"assets": assets, "days": days, "each": rows // assets}
    with psycopg.connect(url) as connection:
        for migration in migrations():
            if migration.number < FIRST_ROLLUPS:
                connection.execute(migration.statements.encode())
        for statement in (_ASSETS, _PARTITIONS, _HISTORY):
            connection.execute(statement, values)
        _record(connection)
    began = time.perf_counter()
    migrate(url)
    print(f"migrating, which sums up {rows:,} events, took {time.perf_counter() - began:.0f} s")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _record(connection: psycopg.Connection) -> None:
    connection.execute(
        "CREATE TABLE schema_migrations (number integer PRIMARY KEY, name text NOT NULL, "
        "checksum bytea NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO schema_migrations VALUES (%s, %s, %s)",
            [(m.number, m.name, m.checksum) for m in migrations() if m.number < FIRST_ROLLUPS],
        )


def server_home() -> Path:
    """A folder that PostgreSQL's own account can pass through."""
    import tempfile

    home = Path(tempfile.mkdtemp(prefix="tidemark-reads-"))
    home.chmod(0o711)
    return home
