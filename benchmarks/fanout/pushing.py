"""What every server of the benchmark is told on its standard input.

`push <count> <interval seconds>` sends that many messages to everybody, one after each
interval, and answers `pushed`. Each message is unique, so nothing can be cached.
"""

import asyncio
import json
import sys
from collections.abc import Callable

FRAME_BYTES = 250
HEADER_BYTES = 4
SILENCE_SECONDS = 3600
"""Interval of pings: the clients, which only count, would not answer them."""


def message(number: int, size: int = FRAME_BYTES - HEADER_BYTES) -> dict[str, object]:
    """Return a message that is `size` bytes of JSON."""
    made: dict[str, object] = {
        "type": "metric_change",
        "payload": {"assetId": "warehouse.sales.orders", "value": number, "pad": ""},
    }
    bare = len(json.dumps(made, separators=(",", ":")))
    made["payload"]["pad"] = "x" * (size - bare)  # type: ignore[index]
    return made


async def obey(port: int, push: Callable[[int], object]) -> None:
    """Say the port, then follow commands; `push(number)` sends one message to everybody."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print(f"port {port}", flush=True)
    number = 0
    while line := (await reader.readline()).decode().split():
        for _ in range(int(line[1])):
            started = loop.time()
            number += 1
            sent = push(number)
            if asyncio.iscoroutine(sent):
                await sent
            await asyncio.sleep(max(0.0, float(line[2]) - (loop.time() - started)))
        print("pushed", flush=True)
