import socket
from pathlib import Path

from devstack.ports import free_port, is_free


def test_a_free_port_is_free_and_not_ephemeral() -> None:
    ranges = Path("/proc/sys/net/ipv4/ip_local_port_range")
    lowest = int(ranges.read_text().split()[0]) if ranges.exists() else 32_768
    for port in {free_port() for _ in range(20)}:
        assert 1024 < port < lowest
        assert is_free(port)


def test_a_port_somebody_listens_on_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not is_free(port)
    assert is_free(port)
