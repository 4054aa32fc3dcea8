"""Addresses of channels: webhooks, our own sockets, and the services apprise knows."""

import base64
import re
import secrets
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

import apprise

from pipeline.channels.networks import Networks, is_literal
from schemas.routing import ChannelKind

WEBSOCKET: Final = "websocket"
WEBHOOK_SCHEMES: Final = frozenset({"http", "https"})
GENERIC_SCHEMES: Final = frozenset({"json", "jsons", "xml", "xmls", "form", "forms"})
"""Apprise's own webhooks: unsigned, and they would go wherever they are told to."""
LOCAL_SCHEMES: Final = frozenset(
    {"blink1", "dbus", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows"}
)
"""They act on the machine that sends, which is nobody's desktop."""
MASK: Final = "****"
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - a prefix
SECRET_BYTES: Final = 32
LEAST_SECRET_BYTES: Final = 16
LEAST_REDACTED: Final = 4

_PARTS: Final = re.compile(r"[/:@?&=#,+\s]+")

ASSET: Final = apprise.AppriseAsset(
    app_id="Tidemark",
    app_desc="Tidemark data quality",
    app_url="",
    image_url_mask="",
    image_url_logo="",
    http_redirects=False,
    secure_logging=True,
    allow_templates=False,
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
        AddressError: it means nothing, or its host is a private address.
    """
    scheme = address.partition("://")[0].lower()
    if scheme == WEBSOCKET:
        return _websocket(address)
    if scheme in WEBHOOK_SCHEMES:
        return _webhook(scheme, address, networks)
    if scheme in GENERIC_SCHEMES:
        raise AddressError(f"{scheme}:// is not served: give the http:// or https:// address")
    if scheme in LOCAL_SCHEMES:
        raise AddressError(f"{scheme}:// would act on the machine that sends")
    plugin = plugin_of(address)
    for host in hosts_of(plugin):
        _refuse_private(host, networks)
    return Described(ChannelKind.APPRISE, str(plugin.service_name), f"{scheme}://{MASK}")


def plugin_of(address: str) -> apprise.NotifyBase:
    """Return apprise's plugin for `address`.

    Raises:
        AddressError: it knows none, or the address lacks something.
    """
    scheme = address.partition("://")[0]
    if not scheme or "://" not in address:
        raise AddressError("must be a URL, such as https://... or mailto://...")
    try:
        plugin = apprise.Apprise.instantiate(address, asset=ASSET, suppress_exceptions=False)
    except TypeError as error:
        # Apprise's words for what a plugin misses; they may quote a token.
        raise AddressError(f"{scheme}:// lacks something: {redact(str(error), address)}") from None
    if plugin is None:
        raise AddressError(f"apprise knows no such address as {scheme}://{MASK}")
    return plugin


def hosts_of(plugin: apprise.NotifyBase) -> list[str]:
    """Return the hosts in an address that its author chose; most services have fixed ones."""
    smtp = getattr(plugin, "smtp_host", None)
    if smtp:
        return [smtp]
    templates: tuple[str, ...] = plugin.templates
    chosen = any("{host}" in template for template in templates)
    return [plugin.host] if chosen and plugin.host else []


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
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise AddressError("is no URL") from None
    if not host or any(character.isspace() for character in address):
        raise AddressError("is no URL")
    _refuse_private(host, networks)
    shown = f"[{host}]" if ":" in host else host
    port_shown = "" if port is None else f":{port}"
    return Described(ChannelKind.WEBHOOK, "Webhook", f"{scheme}://{shown}{port_shown}/{MASK}")


def _refuse_private(host: str, networks: Networks) -> None:
    if host == "localhost" and not networks.permits("127.0.0.1"):
        raise AddressError(private(host))
    if is_literal(host) and not networks.permits(host.strip("[]")):
        raise AddressError(private(host))


def private(host: str) -> str:
    """Return why nothing is sent to `host`."""
    return f"{host} is a private address; TIDEMARK_NOTIFY_NETWORKS names those that are allowed"
