"""A pattern means the same to PostgreSQL as to us."""

from typing import TYPE_CHECKING

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.globs import matches_any, posix

if TYPE_CHECKING:
    from devstack.postgres import PostgresServer

TEXTS = st.text(alphabet="ab.-_/[]*?!^\\$(){}+|&~#:=ä\n ", min_size=1, max_size=12) | st.text(
    alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
    min_size=1,
    max_size=12,
)
PAIRS = st.lists(st.tuples(TEXTS, TEXTS), min_size=20, max_size=60)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(pairs=PAIRS)
def test_postgresql_matches_what_we_match(
    postgres_server: "PostgresServer", pairs: list[tuple[str, str]]
) -> None:
    pairs += [(pattern, pattern) for pattern, _ in pairs]
    with psycopg.connect(postgres_server.url) as connection:
        rows = connection.execute(
            "SELECT id ~ pattern FROM unnest(%s::text[], %s::text[]) AS t(id, pattern)",
            ([text for _, text in pairs], [posix(pattern) for pattern, _ in pairs]),
        ).fetchall()
    assert [row[0] for row in rows] == [matches_any([pattern], text) for pattern, text in pairs]
