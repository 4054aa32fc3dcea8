"""Check a CSV of orders while loading it, and report what was found.

TIDEMARK_URL=http://localhost:3002 python plain_script.py orders.csv
"""

import csv
import sys
from pathlib import Path

from tidemark_client import Reporter

ASSET = "warehouse.sales.orders"


def load(file: Path) -> None:
    """Load the orders and report how complete and how valid they are."""
    with file.open(newline="") as lines:
        orders = list(csv.DictReader(lines))
    named = [order for order in orders if order["customer"]]
    priced = [order for order in orders if is_amount(order["amount"])]
    good = [order for order in named if is_amount(order["amount"])]
    # ... write the good ones to the warehouse ...
    with Reporter(source="load-orders") as report:
        about = {"file": file.name, "rows": len(orders)}
        report.score(ASSET, percent(good, orders), metadata=about)
        report.completeness(ASSET, percent(named, orders), metadata=about)
        report.validity(ASSET, percent(priced, orders), metadata=about)
        report.issues(ASSET, len(orders) - len(good), metadata=about)


def is_amount(text: str) -> bool:
    """Tell whether a text is an amount of money, zero or more."""
    try:
        return float(text) >= 0
    except ValueError:
        return False


def percent(part: list[dict[str, str]], whole: list[dict[str, str]]) -> float:
    """Return the share of `part` in `whole`, 0-100; all of nothing is 100."""
    return 100 * len(part) / len(whole) if whole else 100.0


if __name__ == "__main__":
    load(Path(sys.argv[1]))
