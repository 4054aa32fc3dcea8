"""Services: everything that is served through apprise, which a process of its own speaks to."""

import asyncio
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, Self

import msgspec
import structlog

from pipeline.channels.address import AddressError, private, scheme_of
from pipeline.channels.networks import Network
from pipeline.channels.services import SERVICES
from pipeline.operators.routing.message import body_of, title_of, worst_of
from pipeline.operators.routing.writing import Writing
from schemas.alerts import Severity
from schemas.notifications import Notification
from sinks.notifications.senders.outside import Errand, Outcome, write_message
from sinks.notifications.senders.target import DeliveryError, Target

log = structlog.get_logger(__name__)

ENVIRONMENT: Final = (
    "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "TZ",
    "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE",
)  # fmt: skip
"""What the process that sends is told of ours: no secret, and no proxy, which would resolve names
and connect where it likes."""
GRACE_SECONDS: Final = 5.0
"""Beyond its timeout, until a message counts as unanswered."""
TYPES: Final = {
    Severity.CRITICAL: "failure",
    Severity.HIGH: "failure",
    Severity.MEDIUM: "warning",
    Severity.LOW: "info",
}
FORMATS: Final[Mapping[Writing, str]] = {
    Writing.PLAIN: "text",
    Writing.CHAT: "text",
    Writing.EMAIL: "html",
    Writing.HTML: "html",
}
"""What apprise is told of a body. Of the others it is told nothing and leaves them alone; but
Slack's it would search for mentions then, and make some."""


class ServiceSender:
    """Sends messages through apprise, in a process that is confined to what that needs.

    Args:
        networks: private networks that messages may be sent to.
        timeout: of a whole message, in seconds.
    """

    def __init__(self, networks: tuple[Network, ...], timeout: float) -> None:
        self._networks = [str(network) for network in networks]
        self._timeout = timeout
        self._outside: _Outside | None = None
        self._starting = asyncio.Lock()

    async def send(self, target: Target, notification: Notification) -> None:
        """Send `notification` and wait until the service has taken it.

        Raises:
            DeliveryError: it has not, or its host is private.
        """
        try:
            service = SERVICES.get(scheme_of(target.address))
        except AddressError as error:
            raise DeliveryError(str(error), final=True) from None
        writing = service.writing if service else Writing.PLAIN
        errand = Errand(
            id=str(notification.id),
            address=target.address,
            title=title_of(notification) if writing.has_title else "",
            body=body_of(notification, writing),
            body_format=FORMATS.get(writing),
            type=type_of(notification),
            incident=incident_of(notification),
            networks=self._networks,
            timeout=self._timeout,
        )
        try:
            async with asyncio.timeout(errand.timeout + GRACE_SECONDS):
                outcome = await (await self._running()).run(errand)
        except TimeoutError:
            raise DeliveryError(f"no answer within {errand.timeout:g} s") from None
        except OSError:
            raise DeliveryError("the process that sends to services has ended") from None
        if outcome.refused:
            # Where the name leads within our networks is nobody's business.
            raise DeliveryError(private("its host"), final=True)
        if outcome.error is not None:
            raise DeliveryError(outcome.error, final=outcome.final)

    async def close(self) -> None:
        """End the process, once it has sent what it was given."""
        if self._outside is not None:
            await self._outside.close()

    async def _running(self) -> "_Outside":
        async with self._starting:
            if self._outside is None or self._outside.has_ended:
                self._outside = await _Outside.start()
            return self._outside


class _Outside:
    """One run of the process: hands it errands and gives out its answers."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        self._process = process
        self._inlet, self._outlet = process.stdin, process.stdout
        self._waiting: dict[str, asyncio.Future[Outcome]] = {}
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls) -> Self:
        """Start the process."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "sinks.notifications.senders.outside",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
        )  # fmt: skip
        return cls(process)

    @property
    def has_ended(self) -> bool:
        """Whether it takes no more errands."""
        return self._reading.done() or self._process.returncode is not None

    async def run(self, errand: Errand) -> Outcome:
        """Hand over an errand; return what came of it.

        Raises:
            OSError: the process has ended, and nobody knows.
        """
        answer = asyncio.get_running_loop().create_future()
        self._waiting[errand.id] = answer
        try:
            self._inlet.write(write_message(errand))
            await self._inlet.drain()
            outcome: Outcome = await answer
        finally:
            del self._waiting[errand.id]
        return outcome

    async def close(self) -> None:
        """Give it no more errands and wait for its end."""
        self._inlet.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._reading, GRACE_SECONDS)

    async def _read(self) -> None:
        """Give out answers until the process ends."""
        async for line in self._outlet:
            outcome = msgspec.json.decode(line, type=Outcome)
            answer = self._waiting.get(outcome.id)
            if answer is not None and not answer.done():
                answer.set_result(outcome)
        code = await self._process.wait()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(ConnectionError("the process has ended"))
        if code:
            log.error("the process that sends to services has ended", code=code)


def type_of(notification: Notification) -> str:
    """Return how services are to show a message, in apprise's terms."""
    if notification.test:
        return "info"
    worst = worst_of(notification)
    return "success" if worst is None else TYPES[worst]


def incident_of(notification: Notification) -> str | None:
    """Return what a pager knows the alerts of a message by, from their beginning to their end."""
    if not notification.alerts:
        return None
    if notification.group is None:
        return str(notification.alerts[0].alert.id)
    return f"{notification.subscription_id} {notification.group}"
