"""Draw what the contenders cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib

if TYPE_CHECKING:
    from benchmarks.stream.run import Result

matplotlib.use("Agg")
from matplotlib import pyplot as plt


def draw(results: list[Result], path: Path) -> None:
    """Draw the CPU time per event of each contender, by number of assets."""
    names = list(dict.fromkeys(one.name for one in results))
    sizes = sorted({one.assets for one in results})
    width = 0.8 / len(names)
    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    for place, name in enumerate(names):
        costs = {one.assets: one.cost for one in results if one.name == name}
        bars = axes.bar(
            [index + (place - (len(names) - 1) / 2) * width for index in range(len(sizes))],
            [costs[size] for size in sizes],
            width,
            label=name,
        )
        axes.bar_label(bars, fmt="%.3g", fontsize=7)
    axes.set_yscale("log")
    axes.set_ylabel("CPU µs per event (less is better)")
    axes.set_xticks(range(len(sizes)), [f"{size:,} assets" for size in sizes])
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(ncols=len(names), fontsize=8, frameon=False, loc="upper left")
    axes.margins(y=0.15)
    figure.savefig(path)
