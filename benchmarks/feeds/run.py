"""How much CPU each kind of document takes, of documents of 4 MiB."""

import argparse
import sys
import time

from benchmarks.feeds.shapes import shapes
from feeds.adapters import parse

MIB = 1024 * 1024


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--mib", type=float, default=4.0, help="size of a document")
    options.add_argument("--most", type=float, default=2.0, help="CPU seconds one may take")
    options.add_argument("--kind", help="only this one")
    chosen = options.parse_args()
    slow = 0
    print(
        f"{'kind':20} {'shape':44} {'MiB':>5} {'CPU s':>6} {'events':>8} {'faults':>6}  first fault"
    )
    for kind, name, body in shapes(int(chosen.mib * MIB)):
        if chosen.kind not in (None, kind):
            continue
        start = time.process_time()
        parsed = parse(kind, body)
        took = time.process_time() - start
        slow += took > chosen.most
        mark = "SLOW" if took > chosen.most else ""
        first = str(parsed.faults[0])[:60] if parsed.faults else ""
        print(
            f"{kind:20} {name:44} {len(body) / MIB:5.1f} {took:6.2f} {len(parsed.events):8,} "
            f"{len(parsed.faults):6,}  {first} {mark}",
            flush=True,
        )
    sys.exit(f"{slow} took more than {chosen.most} s" if slow else None)


if __name__ == "__main__":
    main()
