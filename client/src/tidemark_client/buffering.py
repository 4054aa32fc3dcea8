"""How much is held, and how it is sent."""

import threading
from dataclasses import dataclass, fields

from tidemark_client.errors import ConfigurationError
from tidemark_client.shown import shown


@dataclass(frozen=True)
class Buffering:
    """How much is held and how it is sent.

    Attributes:
        capacity: events kept while the other side is away; beyond it the oldest go.
        batch_size: most events sent at once.
        linger: seconds the first event of a batch waits for company.
        close_timeout: seconds `close` and the end of the process wait for the rest.

    Raises:
        ConfigurationError: one of them makes no sense.
    """

    capacity: int = 10_000
    batch_size: int = 500
    linger: float = 0.02
    close_timeout: float = 10.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            whole = field.name in {"capacity", "batch_size"}
            kind = int if whole else (int, float)
            least, most = (1 if whole else 0), threading.TIMEOUT_MAX
            if isinstance(value, bool) or not isinstance(value, kind) or not least <= value <= most:
                what = "a whole number" if whole else "a number of seconds"
                raise ConfigurationError(
                    f"{field.name} must be {what} of at least {least}, got {shown(value)}"
                )
