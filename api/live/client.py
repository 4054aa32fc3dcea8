"""One socket: who it is, what it wants and what it is sent."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import msgspec

from api import monitor
from api.auth.caller import Caller
from api.live.events import LiveEvent
from api.live.frames import text_frame
from api.live.index import Filter
from api.live.line import Line
from api.live.outbox import LineLost, Outbox
from api.live.subscriptions import Delta, SubscriptionSet, Wanted
from schemas.websocket import CloseCode, Selection, ServerShutdown, Subscription

if TYPE_CHECKING:
    from api.live.hub import Hub

RECONNECT_SECONDS: Final = 1.0

_encoder: Final = msgspec.json.Encoder()


class Client:
    """A connected socket. Its methods never wait for its reader.

    Args:
        hub: the edge's clients.
        line: the outgoing half of the socket.
        address: of the peer, for the session's row.
        user_agent: as the peer calls itself.
    """

    def __init__(self, hub: "Hub", line: Line, address: str, user_agent: str) -> None:
        self.id = uuid4()
        self.address = address
        self.user_agent = user_agent
        self.connected_at = datetime.now(UTC)
        self.caller: Caller | None = None
        self.closed = asyncio.Event()
        self.subscriptions = SubscriptionSet()
        self.outbox = Outbox(line, hub.buffer_messages, self._too_slow)
        self._hub = hub
        self._line = line
        line.on_lost = self.leave
        line.on_shutdown = self._say_goodbye

    def reply(self, kind: str, payload: msgspec.Struct, request_id: str | None = None) -> None:
        """Send a message to this client alone, after all that went before."""
        self.outbox.push(self.framed(kind, payload, request_id, self._hub.feed.token))

    def framed(
        self,
        kind: str,
        payload: msgspec.Struct | msgspec.Raw,
        request_id: str | None = None,
        position: str | None = None,
    ) -> bytes:
        """Return the frame of a message; `position`, if any, is told as reached."""
        message: dict[str, object] = {
            "type": kind,
            "payload": payload,
            "timestamp": datetime.now(UTC),
        }
        if position is not None:
            message["position"] = position
        if request_id is not None:
            message["requestId"] = request_id
        return text_frame(_encoder.encode(message))

    def subscribe(self, selection: Selection) -> None:
        """Take in a subscription.

        Raises:
            Refusal: it would be too much.
            LineLost: the socket is gone.
        """
        self._require_open()
        self._index(self.subscriptions.subscribe(selection), [])

    def unsubscribe(self, selection: Selection) -> None:
        """Take a subscription back."""
        self._index([], self.subscriptions.unsubscribe(selection))

    def replace_subscriptions(self, subscriptions: list[Subscription]) -> None:
        """Put these in the place of all subscriptions.

        Raises:
            Refusal: they would be too much.
            LineLost: the socket is gone.
        """
        self._require_open()
        gone, added = self.subscriptions.replace(subscriptions)
        self._index(added, gone)

    def wants(self, event: LiveEvent) -> bool:
        """Say whether `event` is subscribed to, for events that come another way."""
        return self._hub.index.wants(self.outbox, event)

    def close(self, code: int, reason: str) -> None:
        """Send nothing more, and close."""
        if not self.closed.is_set():
            monitor.CLOSED.labels(str(code)).inc()
            self.leave()
            self._line.close(code, reason)

    def leave(self) -> None:
        """Forget everything: the socket is gone or going."""
        if self.closed.is_set():
            return
        self.closed.set()
        self._index([], list(self.subscriptions.items()))
        self.subscriptions = SubscriptionSet()
        self.outbox.discard()
        self._hub.remove(self)

    def _require_open(self) -> None:
        # Who left while a request was under way must not be indexed again.
        if self.closed.is_set():
            raise LineLost

    def _index(self, added: Delta, gone: Delta) -> None:
        for wanted, assets in gone:
            self._hub.index.remove(self.outbox, self._filter(wanted), assets)
        for wanted, assets in added:
            self._hub.index.add(self.outbox, self._filter(wanted), assets)

    def _filter(self, wanted: Wanted) -> Filter:
        assert self.caller is not None, "subscriptions follow authentication"  # noqa: S101
        return Filter(self.caller.scope, *wanted)

    def _too_slow(self) -> None:
        self._hub.slow_disconnects += 1
        self.close(
            CloseCode.TRY_AGAIN_LATER,
            f"{len(self.outbox.pending)} messages wait to be read; reconnect and resume",
        )

    def _say_goodbye(self) -> None:
        self.outbox.flush()
        farewell = ServerShutdown(reason="the edge stops", reconnect_after=RECONNECT_SECONDS)
        self._line.write(self.framed("server_shutdown", farewell))
        self.leave()
