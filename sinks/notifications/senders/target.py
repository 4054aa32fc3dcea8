"""Targets: where a message goes, opened; and what keeps it from getting there."""

from dataclasses import dataclass, field

from schemas.routing import ChannelKind


class DeliveryError(Exception):
    """A message could not be sent; the text holds no secret of the channel.

    Args:
        reason: a sentence for people.
        final: whether trying again would not help.
    """

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final


@dataclass(frozen=True, slots=True)
class Target:
    """A channel with its secrets open. They are not in its `repr`."""

    kind: ChannelKind
    actor: str
    address: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
