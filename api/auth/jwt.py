"""JSON Web Tokens of an OIDC issuer, checked against its published keys."""

import asyncio
import json
import time
import urllib.request
from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
import structlog

from api.auth.caller import SUBJECT_ACTOR, Caller, is_reserved
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
"""How long the issuer's keys are taken for current."""
REFRESH_SECONDS: Final = 10.0
"""An unknown key id asks the issuer again, this often at most."""
FETCH_SECONDS: Final = 5.0
MAX_KEYS_BYTES: Final = 1024 * 1024
REMEMBERED: Final = 10_000


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
        self._verified: OrderedDict[bytes, Caller] = OrderedDict()

    async def caller(self, token: str) -> Caller:
        """Return whom `token` speaks for.

        Raises:
            Refusal: it is not valid, or the issuer's keys can't be had.
        """
        digest = sha256(token.encode()).digest()
        known = self._verified.get(digest)
        if known is not None and (known.expires or 0) > time.time():
            return known
        key = await self._key(token)
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
        caller = self._caller_of(claims)
        self._verified[digest] = caller
        if len(self._verified) > REMEMBERED:
            self._verified.popitem(last=False)
        return caller

    def _caller_of(self, claims: Mapping[str, Any]) -> Caller:
        settings = self._settings
        role, assets = claims.get(settings.oidc_role_claim), claims.get(settings.oidc_assets_claim)
        if role not in list(Role):
            raise Refusal(
                ProblemCode.NOT_ALLOWED, f"the token's {settings.oidc_role_claim} names no role"
            )
        if assets is not None and not (
            isinstance(assets, list) and all(isinstance(asset, str) for asset in assets)
        ):
            raise _refused(f"{settings.oidc_assets_claim} is no list of globs")
        return Caller(
            actor=_name_in(claims)[:255].replace("\0", ""),
            role=Role(role),
            scope=EVERYTHING if assets is None else Scope(assets),
            expires=float(claims["exp"]),
        )

    async def _key(self, token: str) -> jwt.PyJWK:
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
        except jwt.InvalidTokenError:
            raise _refused("it is neither an API key nor a JWT") from None
        age = time.monotonic() - self._fetched
        if age > KEYS_SECONDS or key_id not in self._keys:
            await self._fetch_keys()
        if not self._keys:
            raise unavailable("the token issuer's keys can't be had just now")
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
    """Return what a person goes by in the audit; it never passes for somebody else."""
    for claim in ("email", "preferred_username"):
        name = claims.get(claim)
        if claim == "email" and claims.get("email_verified", True) is not True:
            continue
        if isinstance(name, str) and name and not is_reserved(name):
            return name
    return f"{SUBJECT_ACTOR}{claims['sub']}"


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
