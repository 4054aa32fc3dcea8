"""Sockets that have not said who they are: they take no place of those that have."""

from typing import Final

from api.admission import Admission, Exempt

MOST_OF_ADDRESS: Final = 100
MOST: Final = 1000


class WaitingRoom:
    """Counts them, of each address and all together.

    Args:
        is_exempt: whether an address stands for many, as a proxy's does.
    """

    def __init__(self, is_exempt: Exempt | None = None) -> None:
        self._addresses = Admission(MOST_OF_ADDRESS, is_exempt)
        self._held = 0

    def enter(self, address: str) -> bool:
        """Take a place for a socket of `address`; False if there is none."""
        if self._held >= MOST or not self._addresses.enter(address):
            return False
        self._held += 1
        return True

    def leave(self, address: str) -> None:
        """Give it back: the socket has said who it is, or has gone."""
        self._held -= 1
        self._addresses.leave(address)
