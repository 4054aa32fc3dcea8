"""How events leave: the contract every transport keeps."""

from collections.abc import Sequence
from typing import Protocol

from tidemark_client.encode import Envelope


class Refusal(Exception):
    """This event will never be taken, however often it is sent."""

    def __init__(self, envelope: Envelope, reason: str) -> None:
        super().__init__(reason)
        self.envelope = envelope
        self.reason = reason


class Unavailable(Exception):
    """Some events did not get through; the same ones may later.

    Attributes:
        undelivered: the events to send again, in order.
        refusals: events of the same batch that are refused for good.
        retry_after: seconds the server asked to be left alone, if it did.
    """

    def __init__(
        self,
        reason: str,
        undelivered: Sequence[Envelope],
        *,
        refusals: Sequence[Refusal] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.undelivered = list(undelivered)
        self.refusals = list(refusals)
        self.retry_after = retry_after


class Transport(Protocol):
    """Takes batches, one at a time, on a thread of its own.

    One that needs no other thread may also have `send_last(batch, timeout)`, which is `send`
    within so many seconds. It is called at the very end of the process, where there are no
    threads any more.
    """

    def send(self, batch: Sequence[Envelope]) -> Sequence[Refusal]:
        """Deliver a batch and return what was refused for good.

        May block. May deliver an event twice; its id makes that harmless.

        Raises:
            Unavailable: what to send again.
        """

    def close(self) -> None:
        """Let go of connections. Nothing is sent after this."""

    def after_fork(self) -> None:
        """Forget connections that belong to the parent process, without closing them."""
