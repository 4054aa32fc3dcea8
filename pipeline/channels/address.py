"""Addresses of channels: webhooks, our own sockets, and the services apprise knows."""

import base64
import re
import secrets
from collections.abc import Mapping
from ipaddress import IPv6Address
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

import apprise
from apprise.plugins import url_to_dict
from apprise.plugins.zulip import NotifyZulip
from apprise.url import URLBase
from yarl import URL

from pipeline.channels.networks import Networks, literal_of
from pipeline.channels.services import SERVICES, Service
from schemas.routing import ChannelKind

WEBSOCKET: Final = "websocket"
WEBHOOK_SCHEMES: Final = frozenset({"http", "https"})
GENERIC_SCHEMES: Final = frozenset({"json", "jsons", "xml", "xmls", "form", "forms"})
"""Apprise's own webhooks: unsigned, and they would go wherever they are told to."""
MASK: Final = "****"
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - a prefix
SECRET_BYTES: Final = 32
LEAST_SECRET_BYTES: Final = 16
LEAST_REDACTED: Final = 4

_PARTS: Final = re.compile(r"[/:@?&=#,+\s]+")
_SCHEME: Final = re.compile(r"([a-z0-9]+)://", re.IGNORECASE)
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?\.?", re.IGNORECASE)
_PARAMETER: Final = re.compile(r"[:+-]?[a-z][a-z0-9_-]{0,29}")

ASSET: Final = apprise.AppriseAsset(
    app_id="Tidemark",
    app_desc="Tidemark data quality",
    app_url="",
    image_url_mask="",
    image_url_logo="",
    http_redirects=False,
    secure_logging=True,
    allow_templates=False,
    storage_mode="memory",
    pgp_autogen=False,
    pem_autogen=False,
)


class AddressError(ValueError):
    """An address that is none, or that is not served; the message says why."""


class Described(NamedTuple):
    """What is known of an address. `masked` may be shown, `service` is for people."""

    kind: ChannelKind
    service: str
    masked: str


def describe(address: str, networks: Networks) -> Described:
    """Return what `address` means.

    Names are not looked up here: where they lead is checked whenever something is sent.

    Raises:
        AddressError: it means nothing, is not served, or its host is a private address.
    """
    scheme = scheme_of(address)
    if scheme == WEBSOCKET:
        return _websocket(address)
    if scheme in WEBHOOK_SCHEMES:
        return _webhook(scheme, address, networks)
    plugin = plugin_of(address)
    for host in hosts_of(plugin):
        check_host(host, networks)
    return Described(ChannelKind.APPRISE, str(plugin.service_name), f"{scheme}://{MASK}")


def scheme_of(address: str) -> str:
    """Return the scheme of an address.

    Raises:
        AddressError: it has none, or holds what no address does.
    """
    if any(character.isspace() or not character.isprintable() for character in address):
        raise AddressError("must be a URL without spaces; write %20 where one is meant")
    found = _SCHEME.match(address)
    if found is None:
        raise AddressError("must be a URL, such as https://... or mailto://...")
    return found[1].lower()


def plugin_of(address: str) -> apprise.NotifyBase:
    """Return apprise's plugin for `address`, if both the service and its parameters are served.

    Raises:
        AddressError: they are not, or the address lacks something.
    """
    scheme = scheme_of(address)
    service = _service_of(scheme)
    parts = url_to_dict(address)
    if parts is None or parts["schema"] != scheme:
        raise AddressError(f"{scheme}://{MASK} is not in the form that {scheme}:// has")
    _check_parameters(scheme, service, address, parts)
    try:
        plugin = apprise.Apprise.instantiate(parts, asset=ASSET, suppress_exceptions=False)
    except TypeError as error:
        # Apprise's words for what a plugin misses; they may quote a token.
        raise AddressError(f"{scheme}:// lacks something: {redact(str(error), address)}") from None
    if plugin is None:
        raise AddressError(f"{scheme}:// is not available: a library that it needs is missing")
    return plugin


def hosts_of(plugin: apprise.NotifyBase) -> list[str]:
    """Return the hosts that a plugin connects to and that the address's author chose."""
    served = [SERVICES[scheme] for scheme in plugin.schemas() if scheme in SERVICES]
    if not any(service.has_host for service in served):
        return []
    if isinstance(plugin, NotifyZulip):
        return [f"{plugin.organization}.{plugin.hostname}"]
    host = getattr(plugin, "smtp_host", None) or plugin.host
    return [host] if host else []


def check_host(host: str, networks: Networks) -> None:
    """Refuse a host that is a private address in any spelling, or no host at all.

    Raises:
        AddressError: it is.
    """
    literal = literal_of(host)
    if literal is not None and not networks.permits(str(literal)):
        raise AddressError(private(str(literal)))
    name = host.lower().rstrip(".")
    if (name == "localhost" or name.endswith(".localhost")) and not networks.permits("127.0.0.1"):
        raise AddressError(private(host))
    if isinstance(literal, IPv6Address) or _HOST.fullmatch(host):
        return
    raise AddressError(
        "the host must be a name or an IP address in ASCII; write an international name as xn--..."
    )


def check_secret(secret: str) -> str:
    """Return `secret`, which signs a webhook's messages.

    Raises:
        AddressError: it is not in the form of Standard Webhooks.
    """
    try:
        if not secret.startswith(SECRET_PREFIX):
            raise ValueError
        if len(secret_bytes(secret)) < LEAST_SECRET_BYTES:
            raise ValueError
    except ValueError:
        raise AddressError(
            f"must be {SECRET_PREFIX} and at least {LEAST_SECRET_BYTES} bytes in base64"
        ) from None
    return secret


def new_secret() -> str:
    """Return a fresh secret for a webhook."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def secret_bytes(secret: str) -> bytes:
    """Return the key in a webhook's secret.

    Raises:
        ValueError: it is not base64.
    """
    return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)


def redact(text: str, address: str) -> str:
    """Return `text` without any part of `address` that may be a secret."""
    rest = address.partition("://")[2]
    parts = {form for part in _PARTS.split(rest) for form in (part, unquote(part))}
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= LEAST_REDACTED:
            text = text.replace(part, MASK)
    return text


def _websocket(address: str) -> Described:
    if address != f"{WEBSOCKET}://":
        raise AddressError(f"must be {WEBSOCKET}:// alone: it reaches your own dashboards")
    return Described(ChannelKind.WEBSOCKET, "Dashboard", address)


def _webhook(scheme: str, address: str, networks: Networks) -> Described:
    host, port = webhook_host(address)
    check_host(host, networks)
    shown = f"[{host}]" if ":" in host else host
    port_shown = "" if port is None else f":{port}"
    return Described(ChannelKind.WEBHOOK, "Webhook", f"{scheme}://{shown}{port_shown}/{MASK}")


def webhook_host(address: str) -> tuple[str, int | None]:
    """Return the host that the HTTP client makes of a webhook's address, and the port if given.

    Raises:
        AddressError: the address is not a URL with a host.
    """
    try:
        url = URL(address)
        host, port = url.raw_host, url.explicit_port
    except ValueError:
        raise AddressError("is not a URL") from None
    if not host:
        raise AddressError("is not a URL: it has no host")
    return host, port


def _service_of(scheme: str) -> Service:
    if scheme in GENERIC_SCHEMES:
        raise AddressError(f"{scheme}:// is not served: give the http:// or https:// address")
    service = SERVICES.get(scheme)
    if service is None:
        raise AddressError(
            f"{scheme}:// is not served; docs/notifications.md lists the services that are"
        )
    return service


def _check_parameters(
    scheme: str, service: Service, address: str, parts: Mapping[str, Any]
) -> None:
    # A plugin may take its parameters out of what it returns, so apprise's own reading counts too.
    read = URLBase.parse_url(address.replace("/#", "/%23"), verify_host=False) or {}
    given = {name.lower().strip() for one in (read, parts) for name in one.get("qsd") or {}}
    given |= {f"{sign}..." for sign in "+-:" for one in (read, parts) if one.get(f"qsd{sign}")}
    unknown = sorted(given - service.parameters - {""})
    if not unknown:
        return
    # A secret in the wrong place must not come back in an error.
    shown = ", ".join(name for name in unknown if _PARAMETER.fullmatch(name)) or "one of them"
    known = ", ".join(sorted(service.parameters)) or "none"
    raise AddressError(f"{scheme}:// does not take the parameter {shown}; it takes: {known}")


def private(host: str) -> str:
    """Return why nothing is sent to `host`."""
    return f"{host} is a private address; TIDEMARK_NOTIFY_NETWORKS names those that are allowed"
