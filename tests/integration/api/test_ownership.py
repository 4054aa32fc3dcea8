"""What people keep is theirs alone, reaches no further than they see, and ends with their key."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection

from pipeline.channels.sealing import new_key
from pipeline.topics import Topics
from schemas.rest import Role
from sinks.migrations import migrate, migrations
from sinks.notifications import deliveries, rules
from tests.integration.api.conftest import RunningEdge
from tests.integration.api.test_access import key
from tests.integration.api.test_routing import LATER, a_channel, ask, rows


@pytest.fixture
def edge(topics: Topics, make_edge: Callable[..., RunningEdge]) -> Iterator[RunningEdge]:
    running = make_edge(authentication="on", secret_key=new_key())
    running.start()
    yield running
    running.stop()


async def revoke(edge: RunningEdge, actor: str) -> None:
    await rows(
        edge, "UPDATE api_keys SET revoked_at = now() WHERE id = %s", actor.rpartition("/")[2]
    )


async def connected(edge: RunningEdge) -> AsyncConnection:
    return await AsyncConnection.connect(edge.settings.database_url.get_secret_value())


async def test_what_a_revoked_key_subscribed_tells_nobody(edge: RunningEdge) -> None:
    ann, bob = await key(edge, Role.VIEWER), await key(edge, Role.VIEWER)
    shared = await a_channel(edge, ann, shared=True)
    body = {"name": "x", "channels": [shared["id"]]}
    hers = await ask(edge, ann, "POST", "/subscriptions", body, 201)
    his = await ask(edge, bob, "POST", "/subscriptions", body, 201)
    await ask(edge, bob, "POST", f"/channels/{shared['id']}/test", status=202)
    async with await connected(edge) as connection:
        told = {str(one.id) for one in await rules.enabled_subscriptions(connection)}
        assert {hers["id"], his["id"]} <= told
    await revoke(edge, hers["actor"])
    async with await connected(edge) as connection:
        told = {str(one.id) for one in await rules.enabled_subscriptions(connection)}
        assert told & {hers["id"], his["id"]} == {his["id"]}
        # What waits for a channel of hers is not sent either.
        claimed = await deliveries.claim(connection, "test", 10)
        assert [(one.kind, one.sealed_address) for one in claimed] == [(None, None)]
        await connection.rollback()


async def test_an_expired_key_counts_as_revoked(edge: RunningEdge) -> None:
    ann = await key(edge, Role.VIEWER)
    channel = await a_channel(edge, ann)
    body = {"name": "x", "channels": [channel["id"]]}
    made = await ask(edge, ann, "POST", "/subscriptions", body, 201)
    await rows(
        edge,
        "UPDATE api_keys SET expires_at = now() - interval '1 s' WHERE id = %s",
        made["actor"].rpartition("/")[2],
    )
    async with await connected(edge) as connection:
        told = {str(one.id) for one in await rules.enabled_subscriptions(connection)}
    assert made["id"] not in told


async def test_a_new_key_of_the_same_name_is_somebody_else(edge: RunningEdge) -> None:
    ann = await key(edge, Role.VIEWER)
    channel = await a_channel(edge, ann)
    actor = channel["actor"]
    await revoke(edge, actor)
    name, _, key_id = actor.removeprefix("key:").rpartition("/")
    second = await key(edge, Role.VIEWER)
    mine = (await ask(edge, second, "GET", "/me"))["actor"]
    await rows(edge, "UPDATE api_keys SET name = %s WHERE id = %s", name, mine.rpartition("/")[2])
    # The edge reads a key anew after ten seconds; another edge, or a later start, at once.
    edge.stop()
    edge.start()
    again = (await ask(edge, second, "GET", "/me"))["actor"]
    assert again.startswith(f"key:{name}/")
    assert not again.endswith(key_id)
    assert await ask(edge, second, "GET", "/channels") == []
    assert await ask(edge, second, "GET", "/deliveries") == []
    await ask(edge, second, "GET", f"/channels/{channel['id']}", status=404)


async def test_an_admins_edit_widens_nothing(edge: RunningEdge) -> None:
    admin = await key(edge, Role.ADMIN)
    bound = await key(edge, Role.OPERATOR, ["sales.*"])
    channel = await a_channel(edge, bound)
    body = {"name": "x", "channels": [channel["id"]]}
    made = await ask(edge, bound, "POST", "/subscriptions", body, 201)
    path = f"/subscriptions/{made['id']}"
    edited = await ask(edge, admin, "PUT", path, body | {"name": "y"})
    assert (edited["name"], edited["scope"], edited["actor"]) == ("y", ["sales.*"], made["actor"])
    asked = {"comment": "known", "assetPattern": "*", "endsAt": LATER}
    silence = await ask(edge, bound, "POST", "/silences", asked, 201)
    path = f"/silences/{silence['id']}"
    edited = await ask(edge, admin, "PUT", path, asked | {"comment": "still"})
    assert (edited["scope"], edited["actor"]) == (["sales.*"], silence["actor"])
    assert edited["author"] == silence["author"] != ""
    # Nor does one who is bound widen, by an edit, what an admin made.
    wide = await ask(edge, admin, "POST", "/silences", asked | {"assetPattern": "sales.x"}, 201)
    edited = await ask(edge, bound, "PUT", f"/silences/{wide['id']}", asked)
    assert (edited["assetPattern"], edited["scope"]) == ("*", ["sales.*"])


async def test_an_admin_subscribes_others_to_no_more_than_they_see(edge: RunningEdge) -> None:
    admin = await key(edge, Role.ADMIN)
    bound = await key(edge, Role.VIEWER, ["sales.*"])
    actor = (await ask(edge, bound, "GET", "/me"))["actor"]
    channel = await a_channel(edge, admin, shared=True)
    body = {"name": "x", "channels": [channel["id"]]}
    made = await ask(edge, admin, "POST", "/subscriptions", body | {"actor": actor}, 201)
    assert (made["actor"], made["scope"]) == (actor, ["sales.*"])
    own = await ask(edge, admin, "POST", "/subscriptions", body, 201)
    path = f"/subscriptions/{own['id']}"
    given = await ask(edge, admin, "PUT", path, body | {"actor": actor})
    assert (given["actor"], given["scope"]) == (actor, ["sales.*"])
    for nobody in ("key:nobody", actor + "x", "key:a/000000000000"):
        problem = await ask(edge, admin, "POST", "/subscriptions", body | {"actor": nobody}, 422)
        assert problem["errors"][0]["field"] == "actor"


async def test_an_owners_pattern_stays_within_its_authors_scope(edge: RunningEdge) -> None:
    bound = await key(edge, Role.OPERATOR, ["sales.?", "[ab]*"])
    for beyond in ("sales.*", "*", "[abc]*", "?*", "sales.??"):
        asked = {"assetPattern": beyond, "owner": "me"}
        problem = await ask(edge, bound, "POST", "/owners", asked, 422)
        assert problem["errors"][0]["field"] == "assetPattern"
    await ask(edge, bound, "POST", "/owners", {"assetPattern": "a*", "owner": "me"}, 201)
    # As a text this one matches `sales.?`, and yet it reaches further.
    admin = await key(edge, Role.ADMIN)
    wide = await ask(edge, admin, "POST", "/owners", {"assetPattern": "sales.*", "owner": "s"}, 201)
    await ask(edge, bound, "DELETE", f"/owners/{wide['id']}", status=403)
    asked = {"comment": "known", "assetPattern": "sales.*", "endsAt": LATER}
    wide = await ask(edge, admin, "POST", "/silences", asked, 201)
    for method, body in (("DELETE", None), ("PUT", asked)):
        await ask(edge, bound, method, f"/silences/{wide['id']}", body, 403)


def test_what_was_kept_by_name_becomes_the_keys_that_was_in_force(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: Any = migrations()
    (actors,) = [one for one in found if one.name.endswith("actors.sql")]
    before = [one for one in found if one.number < actors.number]
    monkeypatch.setattr("sinks.migrations.migrations", lambda: before)
    migrate(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("""
            INSERT INTO api_keys (id, name, hash, role, assets, created_by, created_at, revoked_at)
            VALUES
                ('aaaaaaaaaaaa', 'etl', decode(repeat('00', 32), 'hex'), 'viewer', '{*}', 'x',
                 '2025-01-01', '2025-02-01'),
                ('bbbbbbbbbbbb', 'etl', decode(repeat('00', 32), 'hex'), 'viewer', '{*}', 'x',
                 '2025-03-01', NULL)
        """)
        connection.execute("""
            INSERT INTO alert_subscriptions (actor, scope, name, created_at) VALUES
                ('key:etl', '{*}', 'first', '2025-01-15'),
                ('key:etl', '{*}', 'second', '2025-03-15'),
                ('key:etl', '{*}', 'between', '2025-02-15'), ('ann@x.org', '{*}', 'person', now())
        """)
    monkeypatch.undo()
    migrate(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        kept = dict(connection.execute("SELECT name, actor FROM alert_subscriptions").fetchall())
        off = connection.execute(
            "SELECT name FROM alert_subscriptions_in_force WHERE NOT enabled"
        ).fetchall()
    assert kept == {
        "first": "key:etl/aaaaaaaaaaaa", "second": "key:etl/bbbbbbbbbbbb", "between": "key:etl",
        "person": "ann@x.org",
    }  # fmt: skip
    assert off == [("first",)]
