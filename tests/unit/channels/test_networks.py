# ruff: noqa: RUF001 - digits of other scripts are what is tested
from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.channels.networks import Networks, literal_of

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "255.255.255.255", "224.0.0.1", "192.0.2.1", "240.0.0.1",
    "::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "fc00::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1",
    "::7f00:1", "::10.0.0.1", "::8.8.8.8", "::ffff:0:7f00:1", "64:ff9b:1::7f00:1", "fec0::1",
    "2600::5efe:10.0.0.1", "2001::1", "3fff::1", "5f00::1", "100::1", "4000::1", "192.88.99.1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_what_only_we_can_reach_is_not_reached_through_us(address: str) -> None:
    assert not Networks().permits(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]
)
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


LOOPBACK = [
    "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "0x7f.1", "0x7f000001", "0177.0.0.1",
    "017700000001", "2130706433", "１２７.０.０.１", "①②⑦.⓪.⓪.①", "𝟏𝟐𝟕.𝟎.𝟎.𝟏", "127。0。0。1",
    "127．0｡0.1", "%31%32%37.0.0.1", "%EF%BC%91２７.0.0.1", " 127.0.0.1 ",
]  # fmt: skip


@pytest.mark.parametrize("host", LOOPBACK)
def test_an_address_is_known_in_every_spelling(host: str) -> None:
    assert literal_of(host) == IPv4Address("127.0.0.1")


@pytest.mark.parametrize("host", ["::1", "[::1]", "[::1%25lo]", "::1%eth0", "[0:0:0:0:0:0:0:1]"])
def test_an_address_of_ipv6_too(host: str) -> None:
    assert literal_of(host) == IPv6Address("::1")


@pytest.mark.parametrize("host", ["example.com", "1.2.3.4.5", "db", "", "münchen.de", "a.1.2.3"])
def test_names_are_not_addresses(host: str) -> None:
    assert literal_of(host) is None


@given(st.integers(0, 2**32 - 1).map(IPv4Address), st.sampled_from("０①𝟎"))
def test_digits_of_other_scripts_are_digits(address: IPv4Address, zero: str) -> None:
    digits = "⓪①②③④⑤⑥⑦⑧⑨" if zero == "①" else "".join(chr(ord(zero) + n) for n in range(10))
    spelled = str(address).translate({ord("0") + n: digits[n] for n in range(10)})
    assert literal_of(spelled) == address
