"""All clients of this edge, and the push of every event to those who want it."""

import asyncio
import time
from collections import OrderedDict
from typing import Final

from api import monitor
from api.live.client import Client
from api.live.events import LiveEvent, now_text
from api.live.feed import Feed
from api.live.frames import text_frame
from api.live.index import Index
from api.live.outbox import Outbox
from pipeline.settings import Settings
from schemas.websocket import CloseCode

WATCH_SECONDS: Final = 1.0
RECENT_ALERTS_SECONDS: Final = 30.0


class Hub:
    """Hands each event to its subscribers, in one go and without waiting for any of them.

    Args:
        settings: the bounds of a client's buffer.
    """

    def __init__(self, settings: Settings) -> None:
        self.buffer_messages = settings.ws_buffer_messages
        self._most_clients = settings.ws_max_connections
        self._stall_seconds = settings.ws_stall_seconds
        self.feed = Feed(settings, self.publish)
        # Outboxes, since a push needs no more of a client: with thousands of them,
        # every object on the way to a socket is one more that no cache holds.
        self.index: Index[Outbox] = Index()
        self.clients: set[Client] = set()
        self.messages_sent = 0
        self.slow_disconnects = 0
        self.resumed = 0
        self._recent_alerts: OrderedDict[object, float] = OrderedDict()

    def add(self, client: Client) -> None:
        """Take in a socket that has connected."""
        self.clients.add(client)
        monitor.CONNECTIONS.set(len(self.clients))

    def remove(self, client: Client) -> None:
        """Let go of a socket."""
        self.clients.discard(client)
        self.messages_sent += client.outbox.sent
        monitor.CONFLATED.inc(client.outbox.conflated)
        monitor.CONNECTIONS.set(len(self.clients))

    def publish(self, event: LiveEvent) -> None:
        """Push `event`, which is the newest that the feed has read."""
        if event.alert_id is not None:
            self._recent_alerts[event.alert_id] = time.monotonic()
            self._recent_alerts.move_to_end(event.alert_id)
        # A client that is too slow leaves while it is being pushed to.
        recipients = tuple(self.index.recipients(event))
        if not recipients:
            return
        frame = text_frame(event.message(self.feed.token or "", now_text()))
        slot = event.slot
        queued = 0
        for outbox in recipients:
            write = outbox.direct
            if write is not None:
                write(frame)
            else:
                outbox.push(frame, slot)
                queued += 1
        self.messages_sent += len(recipients) - queued
        monitor.PUSHED.labels(event.kind).inc(len(recipients))

    def saw_alert(self, alert_id: object) -> bool:
        """Say whether a step of this alert went by within the last half minute."""
        return time.monotonic() - self._recent_alerts.get(alert_id, -1e9) < RECENT_ALERTS_SECONDS

    @property
    def is_full(self) -> bool:
        """Whether as many sockets as may be have said who they are."""
        if len(self.clients) < self._most_clients:
            return False
        return sum(client.caller is not None for client in self.clients) >= self._most_clients

    @property
    def stalled(self) -> list[Client]:
        """Clients that take nothing just now."""
        return [client for client in self.clients if client.outbox.stalled_since is not None]

    @property
    def delivered(self) -> int:
        """Messages sent since the start, replies included."""
        return self.messages_sent + sum(client.outbox.sent for client in self.clients)

    async def watch(self) -> None:
        """Close clients that have taken nothing for too long; until cancelled."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            now = asyncio.get_running_loop().time()
            stalled = self.stalled
            monitor.STALLED.set(len(stalled))
            monitor.SUBSCRIBED.set(sum(bool(c.subscriptions) for c in self.clients))
            for client in stalled:
                since = client.outbox.stalled_since
                if since is not None and now - since > self._stall_seconds:
                    self.slow_disconnects += 1
                    client.close(
                        CloseCode.TRY_AGAIN_LATER,
                        f"nothing was read for {self._stall_seconds:g} s; reconnect and resume",
                    )
            self._forget_alerts()

    def _forget_alerts(self) -> None:
        limit = time.monotonic() - RECENT_ALERTS_SECONDS
        while self._recent_alerts:
            if next(iter(self._recent_alerts.values())) > limit:
                return
            self._recent_alerts.popitem(last=False)
