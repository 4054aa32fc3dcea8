"""Transports that fail as told."""

import threading
from collections.abc import Callable, Sequence

from tidemark_client import Refusal
from tidemark_client.encode import Envelope

Behaviour = Callable[[Sequence[Envelope]], Sequence[Refusal]]


class ScriptedTransport:
    """Keeps what it is sent; each call runs the next behaviour, then all succeed."""

    def __init__(self, *behaviours: Behaviour) -> None:
        self.batches: list[list[Envelope]] = []
        self.delivered: list[Envelope] = []
        self.closed = False
        self.open = threading.Event()
        """Sending waits until this is set."""
        self.open.set()
        self._behaviours = list(behaviours)

    def send(self, batch: Sequence[Envelope]) -> Sequence[Refusal]:
        self.open.wait()
        self.batches.append(list(batch))
        refusals = self._behaviours.pop(0)(batch) if self._behaviours else []
        refused = {refusal.envelope.event_id for refusal in refusals}
        self.delivered += [e for e in batch if e.event_id not in refused]
        return refusals

    def close(self) -> None:
        self.closed = True

    def after_fork(self) -> None:
        pass

    @property
    def assets(self) -> list[str]:
        return [envelope.asset_id for envelope in self.delivered]
