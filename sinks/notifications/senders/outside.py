"""Outside: the process that speaks to services through apprise, confined to what that needs.

The notifier starts one and hands it messages: a length in four bytes and a JSON object each. Each
is sent by a fork of its own, which is confined before it reads the address, holds no other
message and none of our secrets, and ends with its message or when its time is up. Its answer is
a line of JSON. The process ends when its input does.
"""

import gc
import mimetypes
import os
import signal
from ipaddress import ip_network
from typing import Final

import apprise
import msgspec
from apprise.manager_plugins import NotificationManager
from apprise.plugins.pagerduty import NotifyPagerDuty, PagerDutyAction

from pipeline.channels.address import ASSET, AddressError, plugin_of, redact
from pipeline.channels.networks import Networks
from sinks.notifications.senders.confine import Confinement

LENGTH_BYTES: Final = 4
LONGEST_REASON: Final = 500
"""Characters: an answer must be short enough to be written at once (PIPE_BUF)."""


class Errand(msgspec.Struct):
    """A message to send.

    `body_format` is one of apprise's, None where the body is in the service's own markup already;
    `incident` names what it is about to a pager; `timeout` is in seconds.
    """

    id: str
    address: str
    title: str
    body: str
    body_format: str | None
    type: str
    incident: str | None
    networks: list[str]
    timeout: float


class Outcome(msgspec.Struct):
    """What became of a message. `final`: trying again would not help."""

    id: str
    error: str | None = None
    final: bool = False
    refused: bool = False
    """Whether it led to a private address."""


def main() -> None:
    """Send what is read from standard input until that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # What a message might load or read in the confined process is loaded before.
    NotificationManager().load_modules()
    mimetypes.init()
    gc.freeze()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    while (message := read_message(0)) is not None:
        if os.fork() == 0:
            # Libraries' own words may hold what the address does.
            os.dup2(nowhere, 2)
            _send_and_end(message)


def write_message(errand: Errand) -> bytes:
    """Return an errand as the process reads it."""
    body = msgspec.json.encode(errand)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def read_message(source: int) -> bytes | None:
    """Read one message from a file descriptor, nothing beyond it; None at the end."""
    head = _read_exactly(source, LENGTH_BYTES)
    return None if head is None else _read_exactly(source, int.from_bytes(head, "big"))


def send(errand: Errand) -> Outcome:
    """Send a message through apprise and wait until its service has taken it."""
    try:
        plugin = plugin_of(errand.address)
    except AddressError as error:
        return Outcome(errand.id, str(error), final=True)
    if isinstance(plugin, NotifyPagerDuty) and plugin.dedup is None and errand.incident:
        # It knows one incident from its alert to its recovery, and drops one that comes twice.
        plugin.dedup = errand.incident
        plugin.action = PagerDutyAction.MAP
    service = apprise.Apprise(asset=ASSET)
    service.add(plugin)
    result = service.notify(
        title=errand.title,
        body=errand.body,
        body_format=errand.body_format and apprise.NotifyFormat(errand.body_format),
        notify_type=apprise.NotifyType(errand.type),
        timeout=errand.timeout,
    )
    if result:
        return Outcome(errand.id)
    return Outcome(errand.id, redact(_reason(result), errand.address))


def _send_and_end(message: bytes) -> None:
    """Send one message in this process, confined, and end it."""
    try:
        errand = msgspec.json.decode(message, type=Errand)
        # It ends even what hangs in a library: nothing is sent once the notifier has given up.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, errand.timeout + 1)
        os.close(0)
        confinement = Confinement(Networks(map(ip_network, errand.networks)))
        try:
            outcome = send(errand)
        except Exception as error:
            outcome = Outcome(errand.id, f"the sender failed: {type(error).__name__}")
        outcome.refused = confinement.has_refused
        outcome.error = outcome.error and outcome.error[:LONGEST_REASON]
        os.write(1, msgspec.json.encode(outcome) + b"\n")
    finally:
        os._exit(0)


def _read_exactly(source: int, size: int) -> bytes | None:
    found = b""
    while len(found) < size:
        more = os.read(source, size - len(found))
        if not more:
            return None
        found += more
    return found


def _reason(result: apprise.AppriseResult) -> str:
    said = [entry.message for service in result for entry in service.logs()]
    return said[-1] if said else f"the service did not take it ({result.status.name.lower()})"


if __name__ == "__main__":
    main()
