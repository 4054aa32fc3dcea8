"""What PostgreSQL refuses is found and told apart; what it can't take now waits."""

import asyncio
from collections.abc import Sequence

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import AsyncConnection

from devstack.postgres import PostgresServer
from pipeline.settings import Settings
from sinks.database import create_pool, write_all


async def write(connection: AsyncConnection, numbers: Sequence[int]) -> None:
    await connection.execute(
        "INSERT INTO evens SELECT * FROM unnest(%s::int[]) ON CONFLICT DO NOTHING", (list(numbers),)
    )


@pytest.fixture
def evens(database_url: str) -> str:
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE evens (number int PRIMARY KEY CHECK (number % 2 = 0))")
    return database_url


@given(numbers=st.lists(st.integers(0, 50), min_size=1, max_size=40))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_refused_are_found_and_all_others_written(evens: str, numbers: list[int]) -> None:
    async def run() -> list[tuple[int, str]]:
        async with create_pool(Settings(database_url=evens)) as pool:
            return await write_all(pool, write, numbers)

    refused = asyncio.run(run())
    assert [number for number, _ in refused] == [number for number in numbers if number % 2]
    assert all("evens_number_check" in reason for _, reason in refused)
    with psycopg.connect(evens) as connection:
        written = {number for (number,) in connection.execute("DELETE FROM evens RETURNING number")}
    assert written == {number for number in numbers if number % 2 == 0}


async def test_an_outage_is_waited_out(private_postgres: PostgresServer) -> None:
    with psycopg.connect(private_postgres.url) as connection:
        connection.execute("CREATE TABLE evens (number int PRIMARY KEY CHECK (number % 2 = 0))")
    pool = create_pool(Settings(database_url=private_postgres.url))
    assert await write_all(pool, write, [2]) == []
    private_postgres.kill()
    waiting = asyncio.create_task(write_all(pool, write, [4, 5]))
    await asyncio.sleep(0.5)
    assert not waiting.done()
    private_postgres.start()
    ((refused, _),) = await asyncio.wait_for(waiting, 60)
    assert refused == 5
    await pool.close()
    with psycopg.connect(private_postgres.url) as connection:
        assert connection.execute("SELECT number FROM evens ORDER BY 1").fetchall() == [(2,), (4,)]
