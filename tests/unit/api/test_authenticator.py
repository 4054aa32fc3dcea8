"""Guessing keys costs PostgreSQL nothing, and nobody else either."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.requests import HTTPConnection

from api.auth import keys
from api.auth.authenticator import GUESSES_AT_ONCE, Authenticator
from api.problems import Refusal
from pipeline.settings import Settings
from schemas.problems import ProblemCode
from schemas.rest import Role


class Store:
    """Counts what is looked up."""

    def __init__(self) -> None:
        self.kept: dict[str, keys.ApiKey] = {}
        self.asked = 0

    def add(self) -> str:
        key_id, text, digest = keys.new_key()
        self.kept[key_id] = keys.ApiKey(
            key_id,
            f"job-{key_id}",
            digest,
            Role.VIEWER,
            ["*"],
            datetime.now(UTC),
            "x",
            None,
            None,
            None,
        )
        return text

    async def use(self, key_id: str) -> keys.ApiKey | None:
        self.asked += 1
        return self.kept.get(key_id)


class Tickets:
    def __init__(self) -> None:
        self.asked = 0

    async def redeem(self, _: str) -> None:
        self.asked += 1


def connection(token: str, address: str) -> HTTPConnection:
    headers = [(b"authorization", f"Bearer {token}".encode())]
    return HTTPConnection({"type": "http", "headers": headers, "client": (address, 1)})


@pytest.fixture
def parts() -> tuple[Authenticator, Store, Tickets]:
    store, tickets = Store(), Tickets()
    made: Any = Authenticator(Settings(authentication="on"), store, tickets)  # type: ignore[arg-type]
    return made, store, tickets


async def refused(authenticator: Authenticator, token: str, address: str = "a") -> ProblemCode:
    with pytest.raises(Refusal) as refusal:
        await authenticator.request(connection(token, address))
    return refusal.value.code


async def test_who_keeps_guessing_is_not_looked_up(
    parts: tuple[Authenticator, Store, Tickets],
) -> None:
    authenticator, store, tickets = parts
    codes = [await refused(authenticator, keys.new_key()[1]) for _ in range(100)]
    assert store.asked <= GUESSES_AT_ONCE + 3
    assert codes[0] is ProblemCode.NOT_AUTHENTICATED
    assert codes[-1] is ProblemCode.RATE_LIMITED
    with pytest.raises(Refusal):
        await authenticator.socket(None, "guess", "a")
    assert tickets.asked == 0
    # Somebody else, and a key that was good before, come in all the same.
    valid = store.add()
    assert (await authenticator.request(connection(valid, "b"))).role is Role.VIEWER
    assert (await authenticator.request(connection(valid, "a"))).role is Role.VIEWER


async def test_a_network_of_ipv6_is_one_guesser(
    parts: tuple[Authenticator, Store, Tickets],
) -> None:
    authenticator, store, _ = parts
    for number in range(100):
        await refused(authenticator, keys.new_key()[1], f"2001:db8::{number:x}")
    assert store.asked <= GUESSES_AT_ONCE + 3


async def test_a_wrong_secret_of_a_known_key_costs_one_look(
    parts: tuple[Authenticator, Store, Tickets],
) -> None:
    authenticator, store, _ = parts
    key_id = store.add().split("_")[1]
    for _ in range(50):
        assert await refused(authenticator, f"tmk_{key_id}_x") is ProblemCode.NOT_AUTHENTICATED
    assert store.asked == 1


@pytest.mark.parametrize("key_id", ["x", "0123456789ab\0", "0123456789AB", "0" * 11, "' OR 1=1"])
async def test_what_is_no_key_is_not_looked_up(
    parts: tuple[Authenticator, Store, Tickets], key_id: str
) -> None:
    authenticator, store, _ = parts
    with pytest.raises(Refusal):
        await authenticator.socket(f"tmk_{key_id}_secret", None, "a")
    assert store.asked == 0


async def test_a_key_is_an_actor_of_its_own(parts: tuple[Authenticator, Store, Tickets]) -> None:
    authenticator, store, _ = parts
    callers = []
    for _ in range(2):
        text = store.add()
        key_id = text.split("_")[1]
        store.kept[key_id] = replace(store.kept[key_id], name="etl (key:admin/0)")
        callers.append(await authenticator.request(connection(text, "a")))
    first, second = callers
    assert first.actor != second.actor
    assert first.name == second.name
    assert first.label == f"etl [key:admin/0] ({first.actor})"
