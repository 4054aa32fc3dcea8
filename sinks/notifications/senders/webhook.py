"""Webhooks: signed as Standard Webhooks has it (https://www.standardwebhooks.com).

`webhook-signature` is `v1,` and the base64 HMAC-SHA256 of `<webhook-id>.<webhook-timestamp>.
<body>`; `webhook-id` is the same in every attempt.
"""

import asyncio
import base64
import hashlib
import hmac
import time
from datetime import datetime
from http import HTTPStatus
from typing import Final

import aiohttp
import msgspec

from pipeline.channels.address import redact, secret_bytes
from pipeline.channels.networks import Networks
from schemas.notifications import Notification
from sinks.notifications.senders.resolve import CheckedResolver, CheckedSockets
from sinks.notifications.senders.target import DeliveryError, Target

USER_AGENT: Final = "Tidemark"


class WebhookMessage(msgspec.Struct, rename="camel", kw_only=True):
    """The body of a webhook's request. `type` is `notification`."""

    type: str
    timestamp: datetime
    data: Notification


class WebhookSender:
    """Posts messages to webhooks; follows no redirect and looks a name up only once.

    Args:
        networks: where it may connect to.
        timeout: of a whole request, in seconds.
    """

    def __init__(self, networks: Networks, timeout: float) -> None:
        self._networks = networks
        self._timeout = timeout

    async def send(self, target: Target, notification: Notification) -> None:
        """Post `notification` and wait for the answer.

        Raises:
            DeliveryError: the answer is no 2xx, there is none, or the address is private.
        """
        body = msgspec.json.encode(
            WebhookMessage(
                type="notification", timestamp=notification.created_at, data=notification
            )
        )
        headers = signed_headers(target.secret, str(notification.id), int(time.time()), body)
        try:
            status = await self._post(target.address, headers, body)
        except TimeoutError:
            raise DeliveryError(f"no answer within {self._timeout:g} s") from None
        except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError) as error:
            raise DeliveryError(
                redact(str(error) or type(error).__name__, target.address)
            ) from None
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            gone = status == HTTPStatus.GONE
            raise DeliveryError(f"the receiver answered {_named(status)}", final=gone)

    async def _post(self, address: str, headers: dict[str, str], body: bytes) -> int:
        connector = aiohttp.TCPConnector(
            resolver=CheckedResolver(self._networks),
            socket_factory=CheckedSockets(self._networks),
            use_dns_cache=False,
            force_close=True,
        )
        timeout = aiohttp.ClientTimeout(total=self._timeout)
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
            session.post(address, data=body, headers=headers, allow_redirects=False) as answer,
        ):
            return answer.status


def signed_headers(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers of a message, which prove who sent it and when (Unix time)."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(secret_bytes(secret), signed, hashlib.sha256).digest()
    return {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
