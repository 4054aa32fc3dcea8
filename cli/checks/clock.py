"""Clocks: silence, lateness and tokens are judged by them."""

from typing import Final

from cli.checks.finding import Finding

BEARABLE_SECONDS: Final = 1.0


def compare(check: str, theirs: float, before: float, after: float) -> Finding:
    """Compare a server's clock with ours, in seconds since the epoch.

    `before` and `after` are when it was asked and when it answered: by so much the
    answer is uncertain.
    """
    ahead = theirs - (before + after) / 2
    uncertain = (after - before) / 2
    skew = max(0.0, abs(ahead) - uncertain)
    if skew <= BEARABLE_SECONDS:
        return Finding.ok(check, f"within {BEARABLE_SECONDS:g} s of this machine's")
    direction = "ahead of" if ahead > 0 else "behind"
    return Finding.warn(
        check, f"{skew:.1f} s {direction} this machine's", "keep all clocks by NTP (chrony)"
    )
