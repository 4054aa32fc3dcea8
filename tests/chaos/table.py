"""The table of how long each fault and the catching up after it took."""

_found: list[tuple[str, float, float]] = []


def tell(name: str, lasted: float, took: float) -> None:
    """Have the table say how long a fault lasted and catching up took, in seconds."""
    _found.append((name, lasted, took))


def table() -> str:
    """Return it as Markdown."""
    rows = [f"| {name} | {lasted:.1f} | {took:.1f} |\n" for name, lasted, took in _found]
    return "\n\n| fault | it lasted, s | all caught up after, s |\n|---|---|---|\n" + "".join(rows)
