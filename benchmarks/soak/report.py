"""The tables: what grew, and what an event takes."""

from collections.abc import Sequence

from benchmarks.soak.sample import MIB, Sample

PLATEAU = 0.05
"""A process that grows by less of its memory in an hour is taken to have reached its plateau."""
SECONDS_PER_HOUR = 3600.0


def report(samples: Sequence[Sample]) -> str:
    """Return everything as Markdown; the last sample was taken when all had settled."""
    return "\n".join(["", *_memory(samples[:-1]), "", *_sizes(samples), ""])


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the rise per unit of the line nearest to the points (least squares)."""
    count = len(points)
    middle = sum(x for x, _ in points) / count
    mean = sum(y for _, y in points) / count
    spread = sum((x - middle) ** 2 for x, _ in points)
    return sum((x - middle) * (y - mean) for x, y in points) / spread if spread else 0.0


def _memory(samples: Sequence[Sample]) -> list[str]:
    """Memory of each process, and how it grew in the second half."""
    half = samples[len(samples) // 2 :]
    lines = [
        "| process | CPU | descriptors, first and last | MiB, first | halfway | last "
        "| MiB/h, second half | |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, size in samples[-1].memory.items():
        grows = slope([(one.seconds, one.memory[name]) for one in half]) * SECONDS_PER_HOUR
        verdict = "plateau" if abs(grows) < PLATEAU * size else "grows" if grows > 0 else "shrinks"
        first = samples[0]
        seconds = samples[-1].seconds - first.seconds
        cpu, fds = "", ""
        if name in first.cpu:
            cpu = f"{(samples[-1].cpu[name] - first.cpu[name]) / seconds:.0%}"
            fds = f"{first.descriptors[name]}, {samples[-1].descriptors[name]}"
        lines.append(
            f"| {name} | {cpu} | {fds} | {first.memory[name] / MIB:.0f} "
            f"| {half[0].memory[name] / MIB:.0f} | {size / MIB:.0f} | {grows / MIB:+.0f} "
            f"| {verdict} |"
        )
    return lines


def _sizes(samples: Sequence[Sample]) -> list[str]:
    """Bytes an event, over all, and in the second half alone."""
    middle, last = samples[len(samples) // 2], samples[-1]
    events = last.events or 1
    later = (last.events - middle.events) or 1
    lag = [one.lag for one in samples[:-1]]
    lines = [
        f"{last.events:,} events stored; lag at most {max(lag):,}, last {lag[-1]:,}; "
        f"RocksDB {last.state / MIB:.1f} MiB; load {min(s.load for s in samples):.1f} to "
        f"{max(s.load for s in samples):.1f}; {last.sockets:,} sockets open, "
        f"{last.heard:,} messages heard",
        "",
        "| where | MiB | bytes an event | in the second half |",
        "|---|---|---|---|",
    ]
    for kind, now, then in (
        ("Kafka", last.kafka, middle.kafka),
        ("PostgreSQL", last.tables, middle.tables),
    ):
        for name, size in sorted(now.items(), key=lambda item: -item[1]):
            if size > MIB // 4:
                grown = (size - then.get(name, 0)) / later
                # Kafka is ahead of what is stored: only at the end is it known of how many events.
                later_each = f"{grown:.0f}" if kind == "PostgreSQL" else ""
                each = f"{size / events:.0f} | {later_each}"
                lines.append(f"| {kind} {name} | {size / MIB:.1f} | {each} |")
        total, before = sum(now.values()), sum(then.values())
        later_each = f"{(total - before) / later:.0f}" if kind == "PostgreSQL" else ""
        each = f"{total / events:.0f} | {later_each}"
        lines.append(f"| **{kind}** | {total / MIB:.1f} | {each} |")
    return lines
