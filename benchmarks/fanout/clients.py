"""Many clients in one process, reading and counting: `clients.py <count> <port> <path>`.

Says `connected`, then answers every line on its standard input with the bytes received so far
(summed over all clients) and the fewest of any.
"""

import base64
import os
import selectors
import socket
import sys
from typing import Any


def connect(port: int, path: str) -> socket.socket:
    key = base64.b64encode(os.urandom(16)).decode()
    sock = socket.create_connection(("127.0.0.1", port))
    sock.sendall(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += sock.recv(4096)
    if b" 101 " not in answer:
        raise SystemExit(answer.decode())
    if "socket.io" in path:
        # Engine.IO opens the session; Socket.IO is asked for the default namespace.
        sock.sendall(b"\x81\x82\0\0\0\x0040")
    sock.setblocking(False)
    return sock


def main() -> None:
    count, port, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    selector = selectors.DefaultSelector()
    received: list[int] = []
    for index in range(count):
        selector.register(connect(port, path), selectors.EVENT_READ, index)
        received.append(0)
    os.set_blocking(0, False)
    selector.register(sys.stdin, selectors.EVENT_READ, None)
    buffer = bytearray(1 << 16)
    print("connected", flush=True)
    while True:
        for ready, _ in selector.select():
            if ready.data is None:
                if not sys.stdin.buffer.raw.read(64):
                    return
                print(sum(received), min(received), flush=True)
                continue
            file: Any = ready.fileobj
            size = file.recv_into(buffer)
            received[ready.data] += size
            if not size:
                selector.unregister(file)


main()
