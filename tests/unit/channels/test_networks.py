from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.channels.networks import Networks, is_literal

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "255.255.255.255", "224.0.0.1", "192.0.2.1", "240.0.0.1",
    "::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "fc00::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_what_only_we_can_reach_is_not_reached_through_us(address: str) -> None:
    assert not Networks().permits(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are(address: str) -> None:
    assert Networks().permits(address)


def test_private_networks_can_be_allowed() -> None:
    networks = Networks([ip_network("10.0.0.0/8"), ip_network("fd00::/8")])
    assert networks.permits("10.1.2.3")
    assert networks.permits("fd00::1")
    assert networks.permits("::ffff:10.1.2.3")
    assert not networks.permits("192.168.1.1")
    assert not networks.permits("::ffff:192.168.1.1")


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_an_address_in_the_clothes_of_another_version_is_the_same(address: IPv4Address) -> None:
    permitted = Networks().permits(str(address))
    mapped = IPv6Address(b"\0" * 10 + b"\xff\xff" + address.packed)
    translated = IPv6Address(b"\0\x64\xff\x9b" + b"\0" * 8 + address.packed)
    assert Networks().permits(str(mapped)) == permitted
    assert Networks().permits(str(translated)) == permitted


def test_names_are_told_from_addresses() -> None:
    assert is_literal("10.0.0.1")
    assert is_literal("[::1]")
    assert not is_literal("example.com")
    assert not is_literal("2130706433")  # looked up, and then checked
