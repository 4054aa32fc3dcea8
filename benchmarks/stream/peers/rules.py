"""The rules of the load in plain Python, for the contenders that have none of their own.

Kept free of imports: the contenders run in other environments.
"""


def judge(asset_id: str, previous: float, current: float) -> dict[str, object] | None:
    """Return the alert that a score's move raises. Scores have one decimal."""
    moved = round(current - previous, 6)
    if moved >= 5:
        kind, severity = "score_improvement", "low"
    elif moved <= -20:
        kind, severity = "sudden_drop", "critical"
    elif moved <= -10:
        kind, severity = "sudden_drop", "high"
    elif moved <= -5:
        kind, severity = "threshold_breach", "medium"
    else:
        return None
    return {
        "assetId": asset_id,
        "alertType": kind,
        "severity": severity,
        "previousValue": previous,
        "currentValue": current,
    }
