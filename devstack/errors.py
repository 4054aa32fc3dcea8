"""What goes wrong with the embedded servers, in words for the person starting them."""


class DevstackError(RuntimeError):
    """An embedded server cannot be had; the message says what to do."""
