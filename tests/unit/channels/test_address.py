import base64
from ipaddress import ip_network

import pytest

from pipeline.channels.address import (
    AddressError,
    check_secret,
    describe,
    hosts_of,
    new_secret,
    plugin_of,
    redact,
)
from pipeline.channels.networks import Networks
from schemas.routing import ChannelKind

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general"
PUBLIC = Networks()


@pytest.mark.parametrize(
    ("address", "kind", "service", "masked"),
    [
        ("websocket://", ChannelKind.WEBSOCKET, "Dashboard", "websocket://"),
        (
            "https://user:pass@hooks.example.com:8443/path/token?key=secret#x",
            ChannelKind.WEBHOOK, "Webhook", "https://hooks.example.com:8443/****",
        ),
        (SLACK, ChannelKind.APPRISE, "Slack", "slack://****"),
        ("mailto://user:pass@example.com", ChannelKind.APPRISE, "E-Mail", "mailto://****"),
    ],
)  # fmt: skip
def test_what_is_shown_holds_no_secret(address, kind, service, masked) -> None:
    assert describe(address, PUBLIC) == (kind, service, masked)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("nonsense", "must be a URL"),
        ("foo://bar", "foo:// is not served"),
        ("slack://T1JJ3T3L2", "slack:// lacks something"),
        ("json://example.com/hook", "give the http:// or https:// address"),
        ("forms://example.com/hook", "give the http:// or https:// address"),
        ("dbus://", "is not served"),
        ("syslog://", "is not served"),
        ("websocket://ann", "reaches your own dashboards"),
        ("https:///path", "is not a URL"),
        ("https://exa mple.com/", "without spaces"),
        ("https://example.com:99999/", "is not a URL"),
        ("https://10.0.0.1/hook", "10.0.0.1 is a private address"),
        ("http://localhost/hook", "localhost is a private address"),
        ("http://[::1]:80/hook", "::1 is a private address"),
        ("ntfy://169.254.169.254/topic", "169.254.169.254 is a private address"),
        ("mailto://me:pw@example.com?smtp=127.0.0.1", "127.0.0.1 is a private address"),
    ],
)
def test_what_is_refused_and_why(address: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason.replace("/", "/")):
        describe(address, PUBLIC)


def test_what_apprise_complains_of_is_told_without_tokens() -> None:
    with pytest.raises(AddressError) as refused:
        describe("slack://T1JJ3T3L2/wrong-token-here/TIiajkdnlazkcOXrIdevi7FQ", PUBLIC)
    assert "wrong-token-here" not in str(refused.value)


def test_a_private_network_that_is_allowed_is_served() -> None:
    networks = Networks([ip_network("127.0.0.0/8")])
    assert describe("http://127.0.0.1:9000/hook", networks).masked == "http://127.0.0.1:9000/****"
    assert describe("http://localhost/hook", networks).kind is ChannelKind.WEBHOOK


def test_only_hosts_that_an_author_chose_are_checked() -> None:
    assert hosts_of(plugin_of(SLACK)) == []
    assert hosts_of(plugin_of("gotify://push.example.com/token")) == ["push.example.com"]
    mail = plugin_of("mailto://me:pw@example.com?smtp=relay.example.com")
    assert hosts_of(mail) == ["relay.example.com"]


def test_secrets_of_webhooks() -> None:
    assert check_secret(new_secret()) != new_secret()
    short = "whsec_" + base64.b64encode(b"short").decode()
    for secret in ("secret", "whsec_", "whsec_!!!", short):
        with pytest.raises(AddressError, match="at least 16 bytes"):
            check_secret(secret)


def test_every_part_of_an_address_is_redacted() -> None:
    told = "https://hooks.example.com/a/top%20secret refused: top secret, key=abcd1234"
    shown = redact(told, "https://hooks.example.com/a/top%20secret?key=abcd1234")
    assert shown == "https://****/a/**** refused: ****, key=****"
