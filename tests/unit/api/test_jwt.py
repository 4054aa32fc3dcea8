"""JWTs against a real HTTP server that publishes keys."""

import base64
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.auth.jwt import TokenVerifier
from api.problems import Refusal
from pipeline.settings import Settings
from schemas.problems import ProblemCode
from schemas.rest import Role

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())


class Issuer(ThreadingHTTPServer):
    """Publishes whatever keys it has, and counts who asks."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.keys: dict[str, Any] = {}
        self.asked = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Issuer

    def do_GET(self) -> None:
        if self.path.endswith("openid-configuration"):
            found: Any = {"jwks_uri": f"{self.server.url}/keys"}
        else:
            self.server.asked += 1
            found = {"keys": [public(kid, key) for kid, key in self.server.keys.items()]}
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def public(kid: str, key: Any) -> dict[str, Any]:
    algorithm = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else (
        jwt.algorithms.ECAlgorithm
    )  # fmt: skip
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig"}


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    server = Issuer()
    server.keys["one"] = RSA
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def verifier(issuer: Issuer) -> TokenVerifier:
    return TokenVerifier(Settings(oidc_issuer=issuer.url, oidc_audience="tidemark"))


def token(issuer: Issuer, *, key: Any = RSA, kid: str = "one", **claims: Any) -> str:
    claims = {
        "iss": issuer.url,
        "aud": "tidemark",
        "sub": "u1",
        "exp": time.time() + 60,
        "tidemark_role": "operator",
    } | claims
    algorithm = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
    given = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(given, key, algorithm=algorithm, headers={"kid": kid})


async def test_a_valid_token_names_its_caller(issuer: Issuer, verifier: TokenVerifier) -> None:
    caller = await verifier.caller(
        token(issuer, email="bob@example.org", tidemark_assets=["sales.*"])
    )
    assert (caller.actor, caller.role) == (f"oidc:{issuer.url}#u1", Role.OPERATOR)
    assert caller.label == f"bob@example.org (oidc:{issuer.url}#u1)"
    assert caller.scope.allows("sales.orders")
    assert not caller.scope.allows("hr.salaries")
    assert (await verifier.caller(token(issuer))).scope.everything


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"email": "bob@example.org", "preferred_username": "bob"}, "bob@example.org"),
        ({"email": "ceo@example.org", "email_verified": False}, ""),
        ({"email": "ceo@example.org", "email_verified": False, "preferred_username": "b"}, "b"),
        ({"email": "ceo@example.org", "email_verified": "true"}, ""),
        ({"preferred_username": "ceo@example.org"}, "ceo@example.org"),
        ({"preferred_username": "key:admin"}, "key:admin"),
        ({"preferred_username": ["bob"]}, ""),
        ({"name": "Bob (key:admin/0123456789ab)"}, "Bob (key:admin/0123456789ab)"),
        ({"name": "b" * 1000}, "b" * 100),
    ],
)
async def test_whatever_a_person_is_called_they_are_who_their_issuer_says(
    issuer: Issuer, verifier: TokenVerifier, claims: dict[str, Any], name: str
) -> None:
    caller = await verifier.caller(token(issuer, **claims))
    assert (caller.actor, caller.name) == (f"oidc:{issuer.url}#u1", name)
    assert caller.label.endswith(f"oidc:{issuer.url}#u1" + (")" if name else ""))
    assert caller.label.count("(") == bool(name)


@pytest.mark.parametrize(
    "subject", ["pipeline", "key:admin/0123456789ab", "anonymous@loopback", "x#y"]
)
async def test_no_subject_is_another_kind_of_actor(
    issuer: Issuer, verifier: TokenVerifier, subject: str
) -> None:
    caller = await verifier.caller(token(issuer, sub=subject))
    assert caller.actor == f"oidc:{issuer.url}#{subject}"


UNSEEN = [
    "\0",
    "\n",
    "\x1b",
    "\x7f",
    "\u200b",
    "\u202e",
    "\u2028",
    "\ufeff",
    "\u00ad",
    "\U000e0041",
]


@pytest.mark.parametrize("unseen", UNSEEN)
@pytest.mark.parametrize("claim", ["sub", "email", "preferred_username", "name"])
async def test_what_is_not_seen_is_refused_first(
    issuer: Issuer, verifier: TokenVerifier, claim: str, unseen: str
) -> None:
    for value in (f"{unseen}key:admin", f"key:admin{unseen}", f"a{unseen}b"):
        with pytest.raises(Refusal, match="visible") as refused:
            await verifier.caller(token(issuer, **{claim: value}))
        assert refused.value.code is ProblemCode.NOT_AUTHENTICATED


async def test_a_withdrawn_key_is_good_no_longer_for_tokens_that_were_seen(
    issuer: Issuer, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = token(issuer)
    caller = await verifier.caller(seen)
    assert caller.issuer_key == "one"
    assert await verifier.trusts("one")
    issuer.keys = {"two": EC}
    assert (await verifier.caller(seen)) == caller, "the keys are current for a while"
    monkeypatch.setattr("api.auth.jwt.KEYS_SECONDS", -1.0)
    monkeypatch.setattr("api.auth.jwt.REFRESH_SECONDS", 0.0)
    with pytest.raises(Refusal, match="not one of the issuer's"):
        await verifier.caller(seen)
    assert not await verifier.trusts("one")
    # The same id for another key is another key.
    issuer.keys = {"one": OTHER}
    with pytest.raises(Refusal):
        await verifier.caller(seen)


async def test_keys_of_an_issuer_that_stays_away_are_good_for_an_hour(
    issuer: Issuer, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = token(issuer)
    await verifier.caller(seen)
    issuer.shutdown()
    issuer.server_close()
    monkeypatch.setattr("api.auth.jwt.KEYS_SECONDS", -1.0)
    monkeypatch.setattr("api.auth.jwt.REFRESH_SECONDS", 0.0)
    monkeypatch.setattr("api.auth.jwt.FETCH_SECONDS", 0.5)
    assert (await verifier.caller(seen)).role is Role.OPERATOR
    monkeypatch.setattr("api.auth.jwt.STALE_SECONDS", -1.0)
    with pytest.raises(Refusal) as refused:
        await verifier.caller(seen)
    assert refused.value.code is ProblemCode.UNAVAILABLE


async def test_no_token_is_good_for_ever(issuer: Issuer, verifier: TokenVerifier) -> None:
    caller = await verifier.caller(token(issuer, exp=10**300))
    assert caller.expires is not None
    assert caller.expires < time.time() + 400 * 86_400


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1}, {"exp": None}, {"iss": "https://else"}, {"aud": "else"}, {"aud": None},
        {"sub": None}, {"nbf": 9_999_999_999}, {"key": OTHER}, {"kid": "unknown"},
        {"tidemark_assets": "sales.*"}, {"tidemark_assets": [1]},
        {"tidemark_assets": ["a\0"]}, {"sub": ""}, {"sub": "x" * 256},
    ],
)  # fmt: skip
async def test_what_is_wrong_is_refused(
    issuer: Issuer, verifier: TokenVerifier, claims: dict[str, Any]
) -> None:
    with pytest.raises(Refusal) as refused:
        await verifier.caller(token(issuer, **claims))
    assert refused.value.code is ProblemCode.NOT_AUTHENTICATED


async def test_forged_algorithms_are_refused(issuer: Issuer, verifier: TokenVerifier) -> None:
    header, payload, _ = token(issuer).split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","kid":"one"}').rstrip(b"=").decode()
    symmetric = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').rstrip(b"=").decode()
    secret = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    mac = hmac.digest(secret, f"{symmetric}.{payload}".encode(), "sha256")
    shared = f"{symmetric}.{payload}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    for forged in (f"{none}.{payload}.", shared, "x", "a.b.c", f"{header}.{payload}.AAAA"):
        with pytest.raises(Refusal):
            await verifier.caller(forged)


@pytest.mark.parametrize("role", [None, "root", 5, ["admin"]])
async def test_a_token_without_a_role_may_nothing(
    issuer: Issuer, verifier: TokenVerifier, role: Any
) -> None:
    with pytest.raises(Refusal) as refused:
        await verifier.caller(token(issuer, tidemark_role=role))
    assert refused.value.code is ProblemCode.NOT_ALLOWED


async def test_keys_are_asked_for_once_and_again_when_they_turn(
    issuer: Issuer, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    await verifier.caller(token(issuer))
    await verifier.caller(token(issuer, sub="u2"))
    assert issuer.asked == 1
    issuer.keys["two"] = EC
    for _ in range(5):
        with pytest.raises(Refusal):
            await verifier.caller(token(issuer, key=EC, kid="two"))
    assert issuer.asked == 1, "an unknown key id must not make us hammer the issuer"
    monkeypatch.setattr("api.auth.jwt.REFRESH_SECONDS", 0.0)
    assert (await verifier.caller(token(issuer, key=EC, kid="two"))).issuer_key == "two"


async def test_an_issuer_that_is_away_is_a_503() -> None:
    verifier = TokenVerifier(Settings(oidc_issuer="http://127.0.0.1:9", oidc_audience="tidemark"))
    forged = jwt.encode({"sub": "x"}, RSA, algorithm="RS256", headers={"kid": "one"})
    with pytest.raises(Refusal) as refused:
        await verifier.caller(forged)
    assert refused.value.code is ProblemCode.UNAVAILABLE


async def test_a_remembered_token_still_expires(
    issuer: Issuer, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = token(issuer, exp=time.time() + 10)
    await verifier.caller(short)
    later = time.time() + 100
    monkeypatch.setattr("time.time", lambda: later)
    monkeypatch.setattr("jwt.api_jwt.datetime", FutureClock(later))
    with pytest.raises(Refusal, match="expired"):
        await verifier.caller(short)


class FutureClock:
    """Stands in for the `datetime` class that PyJWT asks for the time."""

    def __init__(self, now: float) -> None:
        self._now = now

    def now(self, tz: Any = None) -> Any:
        from datetime import datetime

        return datetime.fromtimestamp(self._now, tz)
