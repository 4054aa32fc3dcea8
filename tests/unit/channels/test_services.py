# ruff: noqa: RUF001 - digits of other scripts are what is tested
"""What apprise could be made to do, and what is served of it."""

import contextlib
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import apprise
import pytest
from apprise.manager_plugins import NotificationManager

from pipeline.channels.address import ASSET, AddressError, describe, hosts_of, plugin_of
from pipeline.channels.networks import Networks, literal_of
from pipeline.channels.services import SERVICES
from schemas.routing import ChannelKind
from tests.unit.channels.samples import SAMPLES

MANAGER = NotificationManager()
PUBLIC = Networks()
EVIL = "evil.example"
PROBES = ["/etc/passwd", f"http://{EVIL}/x", EVIL]
NO_PATHS = {"template", "keyfile", "subfile", "attach", "icon_url", "avatar_url", "image_url"}
NO_PROMISES = {"retry", "wait", "optional", "redirect", "verify", "store", "overflow", "format"}

_opened: list[str] = []
_watching = False


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and event == "open" and isinstance(arguments[0], str):
        _opened.append(arguments[0])


sys.addaudithook(_watch)


def all_schemes() -> list[str]:
    MANAGER.load_modules()
    return sorted(MANAGER.schemas())


def test_every_service_that_is_served_is_one_that_apprise_knows() -> None:
    assert set(SERVICES) <= set(all_schemes())


@pytest.mark.parametrize("scheme", [one for one in all_schemes() if one not in SERVICES])
def test_no_other_service_works_in_any_of_its_forms(scheme: str) -> None:
    for template in MANAGER[scheme].templates:
        address = template.replace("{schema}", scheme).replace("{", "").replace("}", "")
        with pytest.raises(AddressError, match="is not served"):
            describe(address, PUBLIC)


@pytest.mark.parametrize("scheme", SERVICES)
def test_a_service_that_is_served_works(scheme: str) -> None:
    described = describe(SAMPLES[scheme], PUBLIC)
    assert (described.kind, described.masked) == (ChannelKind.APPRISE, f"{scheme}://****")


@pytest.mark.parametrize("scheme", SERVICES)
def test_whatever_parameter_is_not_listed_is_refused(scheme: str) -> None:
    plugin, served = MANAGER[scheme], SERVICES[scheme].parameters
    marked = {entry["prefix"] + "name" for entry in plugin.template_kwargs.values()}
    known = set(plugin.template_args) | NO_PATHS | NO_PROMISES | {"href", "url", "click"} | marked
    assert not served & (NO_PATHS | NO_PROMISES)
    join = "&" if "?" in SAMPLES[scheme] else "?"
    for name in sorted(known - served):
        first = next(iter(sorted(served)), "")
        for given in (
            f"{name}=x", f"{name.upper()}=x", f"%{ord(name[0]):02x}{name[1:]}=x",
            f"{first}=1;{name}=x",
        ):  # fmt: skip
            with pytest.raises(AddressError, match="does not take the parameter"):
                describe(SAMPLES[scheme] + join + quote(given, safe="%=;"), PUBLIC)


@contextlib.contextmanager
def _watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Note the hosts that are looked up and the files that are opened; let nothing out."""
    global _watching
    hosts: list[str] = []

    def getaddrinfo(host: str, *_: Any, **__: Any) -> Any:
        hosts.append(host)
        raise socket.gaierror("not in this test")

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        patch.setattr(socket, "getfqdn", lambda *_: "tidemark.example.com")
        patch.setattr(time, "sleep", lambda _: None)
        _opened.clear()
        _watching = True
        try:
            yield hosts
        finally:
            _watching = False


@pytest.mark.parametrize("scheme", SERVICES)
def test_no_parameter_leads_to_a_file_or_a_second_host(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected = False
    with _watched(monkeypatch) as hosts:
        for name in ["", *sorted(SERVICES[scheme].parameters)]:
            for probe in PROBES:
                hosts.clear()
                given = f"?{name}={quote(probe, safe='')}" if name else ""
                try:
                    plugin = plugin_of(SAMPLES[scheme] + given)
                except AddressError:
                    continue
                service = apprise.Apprise(asset=ASSET)
                service.add(plugin)
                service.notify(title="t", body="b", notify_type=apprise.NotifyType.FAILURE)
                chosen = hosts_of(plugin)
                assert not [one for one in hosts if EVIL in one and one not in chosen], name
                assert not hosts or not chosen or set(hosts) <= set(chosen), name
                connected = connected or bool(hosts)
    assert connected, "nothing was sent, so nothing was tested"
    assert "/etc/passwd" not in _opened


@pytest.mark.parametrize(
    "scheme", [scheme for scheme, service in SERVICES.items() if service.has_host]
)
def test_a_host_that_an_author_chose_is_checked_in_every_spelling(scheme: str) -> None:
    sample = SAMPLES[scheme]
    host = next(
        name
        for name in ("example.com", "org", "prod.example.com", "push.example.com",
                     "chat.example.com", "cloud.example.com", "alerts.example.com")
        if f"//{name}" in sample or f"@{name}" in sample
    )  # fmt: skip
    for private in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "localhost", "2130706433",
                    "[::1]", "[::ffff:127.0.0.1]", "１２７.0.0.1", "127。0。0。1"):  # fmt: skip
        address = sample.replace(host, private, 1)
        try:
            describe(address, PUBLIC)
        except AddressError:
            continue
        # It was taken for something else, such as a part of a name.
        led = hosts_of(plugin_of(address))
        assert not [one for one in led if literal_of(one) or one == "localhost"]


def test_an_error_does_not_repeat_what_may_be_a_secret() -> None:
    secret = "xoxb-1234-Secret5678"
    with pytest.raises(AddressError) as refused:
        describe(f"{SAMPLES['slack']}?{secret}", PUBLIC)
    assert "Secret5678" not in str(refused.value)
