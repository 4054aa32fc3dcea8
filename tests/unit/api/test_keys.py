from datetime import UTC, datetime, timedelta

import pytest

from api.auth.caller import ROLES, Caller, Permission
from api.auth.keys import ApiKey, hash_of, is_secret_of, new_key, parts_of
from api.auth.scope import EVERYTHING, Scope
from api.problems import Refusal
from schemas.rest import Role

NOW = datetime(2025, 1, 1, tzinfo=UTC)


def key(**fields: object) -> ApiKey:
    number, _, digest = new_key()
    given = {
        "id": number, "name": "bob", "hash": digest, "role": Role.VIEWER, "assets": ["*"],
        "created_at": NOW, "created_by": "root", "expires_at": None, "revoked_at": None,
        "last_used_at": None,
    } | fields  # fmt: skip
    return ApiKey(**given)  # type: ignore[arg-type]


def test_only_the_secret_opens_and_only_its_hash_is_kept() -> None:
    number, text, digest = new_key()
    parts = parts_of(text)
    assert parts is not None
    assert parts[0] == number
    made = key(hash=digest)
    assert is_secret_of(made, parts[1])
    assert not is_secret_of(made, parts[1] + "x")
    assert parts[1].encode() not in digest
    assert hash_of(parts[1]) == digest
    assert new_key()[1] != text


@pytest.mark.parametrize("text", ["", "tmk", "tmk_", "tmk_a", "tmk_a_", "tmk__x", "abc_a_x", "a.b"])
def test_other_texts_are_no_keys(text: str) -> None:
    assert parts_of(text) is None


def test_expiry_and_revocation() -> None:
    assert key().is_valid()
    assert key(expires_at=NOW).is_valid(NOW - timedelta(seconds=1))
    assert not key(expires_at=NOW).is_valid(NOW)
    assert not key(revoked_at=NOW).is_valid(NOW)


def test_what_each_role_may() -> None:
    may = {role: {p for p in Permission if Caller("x", role).may(p)} for role in Role}
    assert may[Role.VIEWER] == {Permission.KNOWN, Permission.READ}
    assert may[Role.OPERATOR] == {Permission.KNOWN, Permission.READ, Permission.STEP}
    assert may[Role.INGESTER] == {Permission.KNOWN, Permission.INGEST}
    assert may[Role.ADMIN] == set(Permission)
    assert set(ROLES) == set(Role)
    with pytest.raises(Refusal, match="viewer"):
        Caller("x", Role.VIEWER).require(Permission.STEP)


def test_scopes_are_equal_where_their_globs_are() -> None:
    assert Scope(["b", "a"]) == Scope(["a", "b", "a"])
    assert hash(Scope(["b", "a"])) == hash(Scope(["a", "b"]))
    assert Scope(["a"]) != Scope(["b"])
    assert EVERYTHING.allows("x")
    assert not Scope([]).allows("x")
