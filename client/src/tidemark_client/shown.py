"""Values of the job's own in messages: short, on one line, and never a fault themselves."""

from typing import Final

LONGEST: Final = 80


def shown(value: object) -> str:
    """Return `value` as Python writes it, cut to what fits into a message."""
    try:
        if isinstance(value, (str, bytes)):
            text = repr(value[: LONGEST + 1])
        elif isinstance(value, (int, float)):
            text = repr(value)
        else:
            # The repr of what is no single value may be as large as the data of the job.
            text = f"a value of type {type(value).__name__}" if value is not None else "None"
    except ValueError:
        # Python writes no integer of more than 4,300 digits.
        text = f"an {type(value).__name__} of very many digits"
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."
