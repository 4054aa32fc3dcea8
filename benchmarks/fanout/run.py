"""Run every server with the same load: `python -m benchmarks.fanout.run`.

For each server and number of clients it sends messages of 250 bytes to all of them and takes the
CPU time (user + system) of the server process between the first and the last, divided by
the messages delivered. Rounds are interleaved, the median is shown; `ratio` is to Node's ws
in the same run. Servers other than Tidemark's do nothing but send.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
FRAME_BYTES = 250


@dataclass(frozen=True)
class Peer:
    """A server and the path clients open."""

    name: str
    command: tuple[str, ...]
    path: str = "/"


PYTHON = (sys.executable, "-m")
PEERS = (
    Peer("tidemark", (*PYTHON, "benchmarks.fanout.tidemark_server", "asyncio"), "/?assets=*"),
    Peer("tidemark uvloop", (*PYTHON, "benchmarks.fanout.tidemark_server", "uvloop"), "/?assets=*"),
    Peer("node ws", ("node", str(HERE / "ws_server.mjs"), "string")),
    Peer("node ws, bytes", ("node", str(HERE / "ws_server.mjs"), "buffer")),
    Peer("websockets.broadcast", (*PYTHON, "benchmarks.fanout.broadcast_server")),
    Peer("picows", (*PYTHON, "benchmarks.fanout.picows_server")),
    Peer("python-socketio", (*PYTHON, "benchmarks.fanout.socketio_server"),
         "/socket.io/?EIO=4&transport=websocket"),
)  # fmt: skip


def measure(peer: Peer, clients: int, deliveries: int, interval: float) -> float:
    """Return CPU microseconds per delivered message."""
    server = start(*peer.command)
    port = hear(server).split()[1]
    crowd = start(sys.executable, str(HERE / "clients.py"), str(clients), port, peer.path)
    try:
        hear(crowd)
        time.sleep(1.0)  # greetings
        push(server, 5, interval)  # warm
        time.sleep(0.5)
        count = max(20, deliveries // clients)
        before, bytes_before = cpu(server), ask(crowd)
        push(server, count, interval)
        wanted = count * clients * FRAME_BYTES
        deadline = time.monotonic() + 300
        while (got := ask(crowd) - bytes_before) < wanted * 0.98:
            if time.monotonic() > deadline:
                raise SystemExit(f"{peer.name}: {got} of {wanted} bytes arrived")
            time.sleep(0.1)
        time.sleep(0.3)
        used = cpu(server) - before
        assert abs(got - wanted) < wanted * 0.03, (peer.name, got, wanted)
        return used / (count * clients) * 1e6
    finally:
        for process in (crowd, server):
            process.kill()
            process.wait()


def start(*command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def hear(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise SystemExit(f"{process.args!r} has ended")
    return line.strip()


def say(process: subprocess.Popen[str], line: str) -> str:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()
    return hear(process)


def push(server: subprocess.Popen[str], count: int, interval: float) -> None:
    say(server, f"push {count} {interval}")


def ask(crowd: subprocess.Popen[str]) -> int:
    return int(say(crowd, "?").split()[0])


def cpu(process: subprocess.Popen[str]) -> float:
    times = psutil.Process(process.pid).cpu_times()
    return times.user + times.system


def main() -> None:
    """Print a table, and JSON for those who compare runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, nargs="+", default=[500, 2000, 5000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--deliveries", type=int, default=200_000)
    parser.add_argument("--only", nargs="+", default=[peer.name for peer in PEERS])
    given = parser.parse_args()
    peers = [peer for peer in PEERS if peer.name in given.only]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before")
    results: dict[str, dict[int, list[float]]] = {peer.name: {} for peer in peers}
    for clients in given.clients:
        # So that no server is asked for more than half a core or so.
        interval = clients * 25e-6
        for _ in range(given.rounds):
            for peer in peers:
                used = measure(peer, clients, given.deliveries, interval)
                results[peer.name].setdefault(clients, []).append(used)
    print(f"{'us per delivery':24}" + "".join(f"{n:>16} clients" for n in given.clients))
    for name, found in results.items():
        cells = []
        for clients in given.clients:
            middle = statistics.median(found[clients])
            base = results.get("node ws", {}).get(clients)
            ratio = f"{middle / statistics.median(base):5.2f}x" if base else ""
            spread = f"{min(found[clients]):.1f}-{max(found[clients]):.1f}"
            cells.append(f"{middle:6.1f} ({spread}) {ratio}")
        print(f"{name:24}" + "".join(f"{cell:>24}" for cell in cells))
    print(json.dumps(results))


if __name__ == "__main__":
    main()
