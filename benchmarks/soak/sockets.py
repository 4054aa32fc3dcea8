"""Subscribed sockets in a process of their own: `python -m benchmarks.soak.sockets <count> <port>`.

Each hears of ten assets. Says `connected`, then answers every line on its standard input with
the number of sockets still open and of the messages heard.
"""

import asyncio
import sys

import websockets

PATH = "/ws/quality?assets=warehouse.sales.table_{number:06d}*"
AT_ONCE = 50


class Crowd:
    """All the sockets."""

    def __init__(self, port: int) -> None:
        self._url = f"ws://127.0.0.1:{port}{PATH}"
        self._opening = asyncio.Semaphore(AT_ONCE)
        self.open = 0
        self.heard = 0

    async def listen(self, number: int) -> None:
        """Listen until the edge hangs up."""
        async with self._opening:
            url = self._url.format(number=number)
            socket = await websockets.connect(url, open_timeout=60, ping_interval=None)
        self.open += 1
        try:
            async for _ in socket:
                self.heard += 1
        finally:
            self.open -= 1


async def main() -> None:
    """Open, and answer."""
    count, port = int(sys.argv[1]), int(sys.argv[2])
    crowd = Crowd(port)
    listening = [asyncio.create_task(crowd.listen(number)) for number in range(count)]
    while crowd.open < count:  # noqa: ASYNC110 - each opens by itself
        await asyncio.sleep(0.1)
    print("connected", flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(crowd.open, crowd.heard, flush=True)
    for one in listening:
        one.cancel()


if __name__ == "__main__":
    asyncio.run(main())
