"""A backup of a test's database, taken and put back by PostgreSQL's own copying of databases."""

from psycopg import Connection, connect, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo


class Backup:
    """One backup. Whoever uses the database is thrown out for the moment that copying takes."""

    def __init__(self, url: str) -> None:
        given = conninfo_to_dict(url)
        self._name = str(given["dbname"])
        self._backup = f"{self._name}_backup"
        self._elsewhere = make_conninfo(**(given | {"dbname": "postgres"}))

    def take(self) -> None:
        """Copy the database."""
        self._copy(self._name, self._backup)

    def restore(self) -> None:
        """Put the copy in the place of the database."""
        with connect(self._elsewhere, autocommit=True) as connection:
            _execute(connection, "DROP DATABASE {} WITH (FORCE)", self._name)
        self._copy(self._backup, self._name)
        with connect(self._elsewhere, autocommit=True) as connection:
            _execute(connection, "DROP DATABASE {}", self._backup)

    def _copy(self, source: str, target: str) -> None:
        with connect(self._elsewhere, autocommit=True) as connection:
            _execute(connection, "ALTER DATABASE {} ALLOW_CONNECTIONS false", source)
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                (source,),
            )
            _execute(connection, "CREATE DATABASE {} TEMPLATE {}", target, source)
            for name in (source, target):
                _execute(connection, "ALTER DATABASE {} ALLOW_CONNECTIONS true", name)


def _execute(connection: Connection, statement: str, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]
