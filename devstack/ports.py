"""Ports for servers that will be killed and started again."""

import random
import socket
from contextlib import closing

# Below every common ephemeral range. On an ephemeral port a client that retries
# while its server is down can be given that very port as its own, connect to
# itself, and so keep the server from coming back.
_LOWEST, _HIGHEST = 20_000, 32_000


def free_port(host: str = "127.0.0.1") -> int:
    """Return a TCP port nobody listens on now, outside the ephemeral range."""
    for port in random.sample(range(_LOWEST, _HIGHEST), 200):
        if is_free(port, host):
            return port
    raise OSError(f"no free port between {_LOWEST} and {_HIGHEST}")


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether a server could listen on the port."""
    with closing(socket.socket()) as probe:
        # As servers do it: connections of a former server in TIME_WAIT do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
