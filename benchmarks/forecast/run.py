"""Compare models on daily series: error, coverage of the 80 % interval, time.

python -m benchmarks.forecast.run
"""

import argparse
import os
import time
import warnings
from collections.abc import Callable
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy
from statsforecast import models

from benchmarks.forecast.series import Values, flights, generated
from forecast.model import HORIZON, SEASON
from forecast.series import DAYS

MODELS: dict[str, Callable[[], Any]] = {
    "seasonal naive": lambda: models.SeasonalNaive(SEASON),
    "naive": models.Naive,
    "exponential smoothing": models.SimpleExponentialSmoothingOptimized,
    "Theta, no season": lambda: models.Theta(season_length=1),
    "Theta": lambda: models.Theta(season_length=SEASON),
    "AutoTheta": lambda: models.AutoTheta(season_length=SEASON),
    "ETS(A,N,A)": lambda: models.AutoETS(season_length=SEASON, model="ANA"),
    "damped ETS": lambda: models.AutoETS(season_length=1, model="AAN", damped=True),
    "AutoETS": lambda: models.AutoETS(season_length=SEASON),
    "AutoCES": lambda: models.AutoCES(season_length=SEASON),
}
Case = tuple[Values, Values]


def main() -> None:
    """Print a row for each model."""
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=90, help="generated series")
    options = parser.parse_args()
    made = [(one[:DAYS], one[DAYS:]) for one in generated(options.series, DAYS + HORIZON)]
    real = [
        (one[origin - DAYS : origin], one[origin : origin + HORIZON])
        for one in flights()
        for origin in (100, 160, 220, 280, 340)
    ]
    print(f"{len(made)} generated, {len(real)} of flights; {DAYS} days, {HORIZON} ahead")
    print(f"{'':24}{'generated':>28}{'flights':>28}")
    print(f"{'':24}" + 2 * f"{'MASE':>9}{'in 80 %':>9}{'ms':>10}")
    for name, make in MODELS.items():
        measure(make, made[:2])
        print(f"{name:24}" + "".join(told(*measure(make, cases)) for cases in (made, real)))


def measure(make: Callable[[], Any], cases: list[Case]) -> tuple[float, float, float]:
    """Return mean error, coverage (NaN without intervals) and CPU milliseconds per forecast."""
    errors, inside, spent = [], [], 0.0
    for past, future in cases:
        model, began = make(), time.process_time()
        try:
            found = model.forecast(past, HORIZON, level=[80])
        except Exception:  # no intervals of its own
            found = model.forecast(past, HORIZON)
        spent += time.process_time() - began
        scale = numpy.abs(past[SEASON:] - past[:-SEASON]).mean() or 1
        errors.append(numpy.abs(found["mean"] - future).mean() / scale)
        if "lo-80" in found:
            inside.append(((found["lo-80"] <= future) & (future <= found["hi-80"])).mean())
    coverage = float(numpy.mean(inside)) if inside else float("nan")
    return float(numpy.mean(errors)), coverage, 1000 * spent / len(cases)


def told(error: float, coverage: float, milliseconds: float) -> str:
    """Return three columns."""
    return f"{error:9.3f}{100 * coverage:8.0f}%{milliseconds:10.1f}"


if __name__ == "__main__":
    main()
