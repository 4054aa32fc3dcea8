"""From a token to a caller, over REST and sockets alike."""

import ipaddress
import time
from collections import OrderedDict
from typing import Final

from starlette.requests import HTTPConnection

from api.auth import keys
from api.auth.caller import LOOPBACK, Caller, key_actor
from api.auth.jwt import TokenVerifier
from api.auth.keystore import KeyStore
from api.auth.scope import Scope
from api.auth.tickets import TicketOffice
from api.limits import Buckets
from api.problems import Refusal
from pipeline.settings import Settings, SettingsError
from schemas.problems import ProblemCode

KEY_SECONDS: Final = 10.0
"""A revoked key is refused after this long at the latest."""
REMEMBERED_KEYS: Final = 10_000
GUESSES_PER_SECOND: Final = 1.0
GUESSES_AT_ONCE: Final = 30
"""Of one address: keys and tickets that are unknown. More of them are not looked up."""


def check_settings(settings: Settings) -> None:
    """Refuse to serve others without authentication.

    Raises:
        SettingsError: the settings would leave the edge open, or make no sense together.
    """
    if settings.authentication == "off" and not is_loopback(settings.http_host):
        raise SettingsError(
            f"TIDEMARK_AUTHENTICATION: may be off only on a loopback address, and "
            f"TIDEMARK_HTTP_HOST is {settings.http_host}; set it to on"
        )
    if settings.oidc_issuer and not settings.oidc_audience:
        raise SettingsError("TIDEMARK_OIDC_AUDIENCE: is needed beside TIDEMARK_OIDC_ISSUER")
    if (settings.tls_cert_file is None) != (settings.tls_key_file is None):
        raise SettingsError("TIDEMARK_TLS_CERT_FILE, TIDEMARK_TLS_KEY_FILE: are needed together")


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach a socket bound to `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Authenticator:
    """Knows the callers by their tokens.

    Args:
        settings: whether authentication is on, and the OIDC issuer.
        store: the API keys.
        tickets: the tickets for sockets.
    """

    def __init__(self, settings: Settings, store: KeyStore, tickets: TicketOffice) -> None:
        self.is_on = settings.authentication == "on"
        self._store = store
        self._tickets = tickets
        self._jwt = TokenVerifier(settings) if settings.oidc_issuer else None
        self._keys: OrderedDict[str, tuple[float, keys.ApiKey | None]] = OrderedDict()
        self._guesses = Buckets(GUESSES_PER_SECOND, GUESSES_AT_ONCE)

    async def request(self, connection: HTTPConnection) -> Caller:
        """Return who asks.

        Raises:
            Refusal: nobody that is known.
        """
        if not self.is_on:
            return LOOPBACK
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise _unknown("send Authorization: Bearer <API key or JWT>")
        address = connection.client.host if connection.client else ""
        return await self._token(token.strip(), address)

    async def socket(self, token: str | None, ticket: str | None, address: str) -> Caller:
        """Return who is at the other end of a socket that comes from `address`.

        Raises:
            Refusal: nobody that is known.
        """
        if not self.is_on:
            return LOOPBACK
        if ticket is not None:
            self._check_guesses(address)
            caller = await self._tickets.redeem(ticket)
            if caller is None:
                self._guesses.take(_network_of(address))
                raise _unknown("the ticket is unknown, used or expired")
            return caller
        if token is None:
            raise _unknown("send a token or a ticket")
        return await self._token(token, address)

    async def still_valid(self, caller: Caller) -> bool:
        """Say whether what `caller` came with has neither expired nor been revoked.

        Raises:
            PostgresUnavailable: the keys can't be read.
        """
        if caller.expires is not None and time.time() >= caller.expires:
            return False
        if caller.issuer_key is not None and self._jwt is not None:
            return await self._jwt.trusts(caller.issuer_key)
        if caller.key_id is None:
            return True
        key = await self._key(caller.key_id)
        return key is not None and key.is_valid()

    async def _token(self, token: str, address: str) -> Caller:
        parts = keys.parts_of(token)
        if parts is not None:
            return await self._api_key(*parts, address)
        if self._jwt is None:
            raise _unknown("the token is no API key of this edge")
        return await self._jwt.caller(token)

    async def _api_key(self, key_id: str, secret: str, address: str) -> Caller:
        known = self._keys.get(key_id)
        if known is None or known[1] is None:
            self._check_guesses(address)
        key = await self._key(key_id)
        if key is None:
            self._guesses.take(_network_of(address))
        if key is None or not keys.is_secret_of(key, secret):
            raise _unknown("the API key is unknown")
        if not key.is_valid():
            raise _unknown("the API key is expired or revoked")
        return Caller(
            actor=key_actor(key.name, key.id),
            name=key.name,
            role=key.role,
            scope=Scope(key.assets),
            expires=key.expires_at.timestamp() if key.expires_at else None,
            key_id=key.id,
        )

    def _check_guesses(self, address: str) -> None:
        """Look nothing up for an address that keeps guessing: it would keep PostgreSQL busy."""
        wait = self._guesses.wait(_network_of(address))
        if wait:
            raise Refusal(
                ProblemCode.RATE_LIMITED,
                "too many unknown keys or tickets came from this address",
                headers={"Retry-After": str(max(1, round(wait)))},
            )

    async def _key(self, key_id: str) -> keys.ApiKey | None:
        known = self._keys.get(key_id)
        if known is not None and time.monotonic() - known[0] < KEY_SECONDS:
            return known[1]
        key = await self._store.use(key_id)
        self._keys[key_id] = time.monotonic(), key
        self._keys.move_to_end(key_id)
        if len(self._keys) > REMEMBERED_KEYS:
            self._keys.popitem(last=False)
        return key


def _network_of(address: str) -> str:
    """Return what guesses are counted for: of IPv6, the network that one customer is given."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return address if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))


def _unknown(why: str) -> Refusal:
    return Refusal(
        ProblemCode.NOT_AUTHENTICATED, why, headers={"WWW-Authenticate": 'Bearer realm="tidemark"'}
    )
