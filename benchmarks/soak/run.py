"""Everything on, for long: `python -m benchmarks.soak.run` (or `make bench BENCH=soak`).

Events at a steady rate run through worker, sink, notifier and edge, with a subscription that
ends in a webhook and subscribed sockets. Memory, descriptors, disk and lag of everything are
written down as time goes on; the tables at the end say what grew, and what an event takes.
"""

import argparse
import os
import sys
import tempfile
import time
from multiprocessing import Event, Process
from pathlib import Path

from benchmarks.soak.report import report
from benchmarks.soak.sample import Sample, Sampler
from benchmarks.soak.stack import SoakStack
from benchmarks.soak.write import write_for

SETTLE_SECONDS = 120.0


def main() -> None:
    """Run, sample, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=int, default=2_000, help="events a second")
    parser.add_argument("--assets", type=int, default=20_000)
    parser.add_argument("--sockets", type=int, default=1_000)
    parser.add_argument("--every", type=float, default=15, help="seconds between samples")
    given = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before", flush=True)
    with (
        tempfile.TemporaryDirectory(prefix="tidemark-soak-") as folder,
        SoakStack(Path(folder)) as stack,
    ):
        stack.connect(given.sockets)
        sampler = Sampler(stack)
        over = Event()
        source = Process(target=write_for, args=(stack.settings, given.rate, given.assets, over))
        source.start()
        samples = watch(sampler, given.minutes * 60, given.every)
        over.set()
        source.join()
        samples.append(settled(sampler))
        print(report(samples), flush=True)
        if samples[-1].lag:
            sys.exit(f"{samples[-1].lag:,} records are left after {SETTLE_SECONDS:g} s")


def watch(sampler: Sampler, seconds: float, every: float) -> list[Sample]:
    """Take samples for so long, and print each."""
    samples, began = [], time.monotonic()
    print(Sample.head(sampler.names), flush=True)
    while time.monotonic() - began < seconds:
        time.sleep(every)
        samples.append(sampler.take())
        print(samples[-1], flush=True)
    return samples


def settled(sampler: Sampler) -> Sample:
    """Return a sample without lag, or the last one that was waited for."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while (sample := sampler.take()).lag and time.monotonic() < deadline:
        time.sleep(1)
    return sample


if __name__ == "__main__":
    main()
