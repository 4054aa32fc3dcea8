"""What a strict reporter raises. A reporter that is not strict logs it instead."""


class TidemarkError(Exception):
    """Root of everything this package raises."""


class ConfigurationError(TidemarkError, ValueError):
    """The reporter can't work as configured; the message says what to give."""


class InvalidEvent(TidemarkError, ValueError):
    """A measurement outside its contract; the message begins with the field."""


class BufferFull(TidemarkError):
    """No room for another event within the time allowed."""


class DeliveryError(TidemarkError):
    """Events were refused, or not delivered in time.

    Attributes:
        undelivered: events still waiting.
        refused: the reason of every refused event so far, the first hundred of them.
    """

    def __init__(self, message: str, *, undelivered: int, refused: list[str]) -> None:
        super().__init__(message)
        self.undelivered = undelivered
        self.refused = refused
