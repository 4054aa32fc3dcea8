"""JSON Web Tokens of an OIDC issuer, checked against its published keys."""

import asyncio
import json
import time
import urllib.request
from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import jwt
import structlog

from api.auth.caller import Caller, is_clean, oidc_actor
from api.auth.scope import EVERYTHING, Scope
from api.problems import Refusal, unavailable
from pipeline.settings import Settings
from schemas.problems import ProblemCode
from schemas.rest import Role

log = structlog.get_logger(__name__)

ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
KEYS_SECONDS: Final = 300.0
"""How long the issuer's keys are taken for current: a withdrawn one is good no longer."""
STALE_SECONDS: Final = 3600.0
"""How long they are good while the issuer can't be asked."""
REFRESH_SECONDS: Final = 10.0
"""An unknown key id asks the issuer again, this often at most."""
FETCH_SECONDS: Final = 5.0
MAX_KEYS_BYTES: Final = 1024 * 1024
REMEMBERED: Final = 10_000
LONGEST_SECONDS: Final = 366 * 86_400.0
"""No token is good for longer, whatever it says."""
LONGEST_SUBJECT: Final = 255
LONGEST_NAME: Final = 100


class Verified(NamedTuple):
    """Whom a token speaks for, and the key that its signature was checked with."""

    caller: Caller
    key: jwt.PyJWK


class TokenVerifier:
    """Turns JWTs of one issuer into callers.

    Args:
        settings: the issuer, its audience and the claims that matter.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched = float("-inf")
        self._attempted = float("-inf")
        self._fetching = asyncio.Lock()
        self._verified: OrderedDict[bytes, Verified] = OrderedDict()

    async def caller(self, token: str) -> Caller:
        """Return whom `token` speaks for.

        Raises:
            Refusal: it is not valid, or the issuer's keys can't be had.
        """
        digest = sha256(token.encode()).digest()
        key = await self._key(token)
        known = self._verified.get(digest)
        if known is not None and known.key is key and (known.caller.expires or 0) > time.time():
            return known.caller
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                issuer=self._settings.oidc_issuer,
                audience=self._settings.oidc_audience,
                leeway=30,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.InvalidTokenError as error:
            raise _refused(str(error)) from None
        caller = self._caller_of(claims, key)
        self._verified[digest] = Verified(caller, key)
        if len(self._verified) > REMEMBERED:
            self._verified.popitem(last=False)
        return caller

    async def trusts(self, key_id: str) -> bool:
        """Say whether the issuer still publishes a key. While it can't be asked, it does."""
        if time.monotonic() - self._fetched > KEYS_SECONDS:
            await self._fetch_keys()
        return (key_id or None) in self._keys or not self._has_keys()

    def _has_keys(self) -> bool:
        return bool(self._keys) and time.monotonic() - self._fetched < STALE_SECONDS

    def _caller_of(self, claims: Mapping[str, Any], key: jwt.PyJWK) -> Caller:
        settings = self._settings
        role, assets = claims.get(settings.oidc_role_claim), claims.get(settings.oidc_assets_claim)
        if role not in list(Role):
            raise Refusal(
                ProblemCode.NOT_ALLOWED, f"the token's {settings.oidc_role_claim} names no role"
            )
        if assets is not None and not (
            isinstance(assets, list)
            and all(isinstance(one, str) and is_clean(one) for one in assets)
        ):
            raise _refused(f"{settings.oidc_assets_claim} is not a list of globs")
        return Caller(
            actor=oidc_actor(str(settings.oidc_issuer), claims["sub"]),
            name=_name_in(claims)[:LONGEST_NAME],
            role=Role(role),
            scope=EVERYTHING if assets is None else Scope(assets),
            expires=min(float(claims["exp"]), time.time() + LONGEST_SECONDS),
            issuer_key=key.key_id or "",
        )

    async def _key(self, token: str) -> jwt.PyJWK:
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
        except jwt.InvalidTokenError:
            raise _refused("it is neither an API key nor a JWT") from None
        age = time.monotonic() - self._fetched
        if age > KEYS_SECONDS or key_id not in self._keys:
            await self._fetch_keys()
        if not self._has_keys():
            raise unavailable("the token issuer's keys can't be fetched; try again later")
        try:
            return self._keys[key_id]
        except KeyError:
            raise _refused("its signing key is not one of the issuer's") from None

    async def _fetch_keys(self) -> None:
        """Ask the issuer, unless somebody has just done so, whatever came of it."""
        async with self._fetching:
            if time.monotonic() - self._attempted < REFRESH_SECONDS:
                return
            self._attempted = time.monotonic()
            try:
                found = await asyncio.to_thread(self._download)
                keys = jwt.PyJWKSet.from_dict(found)
            except (OSError, ValueError, KeyError, jwt.PyJWTError) as error:
                log.warning("the issuer's keys could not be had", error=str(error))
                return
            self._keys = {key.key_id: key for key in keys.keys}
            self._fetched = time.monotonic()

    def _download(self) -> dict[str, Any]:
        issuer = str(self._settings.oidc_issuer).rstrip("/")
        url = self._settings.oidc_jwks_url
        if url is None:
            url = _get_json(f"{issuer}/.well-known/openid-configuration")["jwks_uri"]
        return _get_json(url)


def _name_in(claims: Mapping[str, Any]) -> str:
    """Return what a person is called. Nothing rests on it but what people read.

    Raises:
        Refusal: a name, or the subject, holds what is not seen.
    """
    subject = claims["sub"]
    if not 0 < len(subject) <= LONGEST_SUBJECT or not is_clean(subject):
        raise _refused(
            f"its subject must have 1 to {LONGEST_SUBJECT} characters, all of them visible"
        )
    for claim in ("email", "preferred_username", "name"):
        name = claims.get(claim)
        if not isinstance(name, str) or not name:
            continue
        if not is_clean(name):
            raise _refused(f"its {claim} holds characters that are not visible")
        if claim != "email" or claims.get("email_verified", True) is True:
            return name
    return ""


def _get_json(url: str) -> dict[str, Any]:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise ValueError(f"not an http(s) address: {url}")
    with urllib.request.urlopen(url, timeout=FETCH_SECONDS) as response:  # noqa: S310
        found = json.loads(response.read(MAX_KEYS_BYTES))
    if not isinstance(found, dict):
        raise ValueError(f"no object at {url}")
    return found


def _refused(why: str) -> Refusal:
    return Refusal(
        ProblemCode.NOT_AUTHENTICATED,
        f"the token is not valid: {why}",
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )
