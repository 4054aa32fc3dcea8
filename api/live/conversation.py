"""What a client asks and is answered, message by message."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import msgspec
import structlog

from api.auth.caller import Caller, Permission
from api.bulkheads import KIND
from api.limits import Bucket
from api.live.client import Client
from api.live.outbox import LineLost
from api.live.resume import resume
from api.moments import refuse_far_dates
from api.nul import refuse_nul
from api.problems import Refusal, from_validation, without_postgres
from pipeline.postgres.trouble import PostgresUnavailable
from schemas.alerts import AlertStatus
from schemas.lifecycle import AlertFilter, StepAction
from schemas.problems import ProblemCode
from schemas.websocket import (
    REQUESTS,
    AcknowledgeAlert,
    Alerts,
    Authenticate,
    CloseCode,
    Error,
    GetAlerts,
    GetMetrics,
    Metrics,
    Ping,
    Pong,
    RequestId,
    ResolveAlert,
    Resume,
    Selection,
    Subscribed,
)

if TYPE_CHECKING:
    from api.edge import Edge

log = structlog.get_logger(__name__)

SNAPSHOT_PAGE: Final = 1000
SNAPSHOT_ALERTS: Final = 5000
BURST: Final = 4
MOST_LIMITED: Final = 100
"""A socket that was told so often to slow down is closed."""


_NOTHING: Final = msgspec.Raw(b"{}")


class _Identified(msgspec.Struct, rename="camel", kw_only=True):
    request_id: RequestId | None = None


class _Envelope(_Identified, rename="camel", kw_only=True):
    type: str
    payload: msgspec.Raw = _NOTHING


_identified: Final = msgspec.json.Decoder(_Identified).decode
_envelope: Final = msgspec.json.Decoder(_Envelope).decode
_payloads: Final[Mapping[str, Callable[[Any], Any]]] = {
    name: msgspec.json.Decoder(kind).decode for name, kind in REQUESTS.items()
}


class Conversation:
    """Answers one client's requests, one after the other.

    Args:
        edge: what answers are made of.
        client: who asks.
    """

    def __init__(self, edge: "Edge", client: Client) -> None:
        self._edge = edge
        self._client = client
        rate = edge.settings.ws_messages_per_second
        self._bucket = Bucket(rate, rate * BURST)
        self._limited = 0
        self._handlers: dict[str, Callable[[Any, str | None], Awaitable[None]]] = {
            "authenticate": self._authenticate,
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "resume": self._resume,
            "ping": self._ping,
            "get_metrics": self._get_metrics,
            "get_alerts": self._get_alerts,
            "acknowledge": self._acknowledge,
            "acknowledge_alert": self._acknowledge,
            "resolve": self._resolve,
        }

    async def hear(self, text: str | bytes) -> None:
        """Answer one message. Whatever is wrong with it, the socket is told and lives on.

        Raises:
            LineLost: the client went meanwhile.
        """
        request_id = _request_id_of(text)
        try:
            if self._bucket.take():
                self._slow_down()
            await self._dispatch(_envelope_of(text))
        except Refusal as refusal:
            self._refuse(refusal, request_id)
        except PostgresUnavailable as error:
            log.warning("message not answered", error=str(error))
            self._refuse(without_postgres(error), request_id)
        except (LineLost, asyncio.CancelledError):
            raise
        except Exception:
            log.exception("message failed", client=str(self._client.id))
            self._refuse(Refusal(ProblemCode.INTERNAL, "the edge failed to answer"), request_id)

    async def _dispatch(self, envelope: _Envelope) -> None:
        handle = self._handlers.get(envelope.type)
        if handle is None:
            known = ", ".join(self._handlers)
            raise Refusal(ProblemCode.UNKNOWN_TYPE, f"type must be one of {known}")
        if self._client.caller is None and envelope.type not in {"authenticate", "ping"}:
            raise Refusal(ProblemCode.NOT_AUTHENTICATED, "say who you are: send authenticate first")
        try:
            raw = _NOTHING if bytes(envelope.payload) == b"null" else envelope.payload
            payload = _payloads[envelope.type](raw)
        except msgspec.ValidationError as error:
            raise from_validation(error) from None
        except RecursionError:
            raise Refusal(ProblemCode.INVALID_JSON, "nested too deeply") from None
        refuse_nul(payload, bytes(raw))
        refuse_far_dates(payload)
        KIND.set(envelope.type)
        await handle(payload, envelope.request_id)

    @property
    def _caller(self) -> Caller:
        assert self._client.caller is not None  # noqa: S101
        return self._client.caller

    async def _authenticate(self, asked: Authenticate, request_id: str | None) -> None:
        try:
            caller = await self._edge.authenticator.socket(
                asked.token, asked.ticket, self._client.address
            )
            caller.require(Permission.READ)
            self._check_change(caller)
        except Refusal as refusal:
            self._refuse(refusal, request_id)
            code = CloseCode.NOT_AUTHENTICATED
            if refusal.code is ProblemCode.NOT_ALLOWED:
                code = CloseCode.NOT_ALLOWED
            if refusal.code is not ProblemCode.UNAVAILABLE:
                self._client.close(code, refusal.detail)
            return
        self._client.caller = caller
        identity = caller.identity(authentication=self._edge.authenticator.is_on)
        self._client.reply("authenticated", identity, request_id)

    def _check_change(self, caller: Caller) -> None:
        """A token may be renewed in its time; subscriptions stay within what they were made for."""
        before = self._client.caller
        if before and self._client.subscriptions and before.scope != caller.scope:
            raise Refusal(ProblemCode.NOT_ALLOWED, "unsubscribe before your scope changes")

    async def _subscribe(self, asked: Selection, request_id: str | None) -> None:
        self._client.subscribe(asked)
        self._tell_subscriptions("subscribed", request_id)

    async def _unsubscribe(self, asked: Selection, request_id: str | None) -> None:
        self._client.unsubscribe(asked)
        self._tell_subscriptions("unsubscribed", request_id)

    def _tell_subscriptions(self, kind: str, request_id: str | None) -> None:
        told = Subscribed(subscriptions=self._client.subscriptions.told())
        self._client.reply(kind, told, request_id)

    async def _resume(self, asked: Resume, request_id: str | None) -> None:
        hub = self._edge.hub
        hub.resumed += await resume(self._client, hub.feed, asked, request_id, self._snapshot)

    async def _ping(self, _: Ping, request_id: str | None) -> None:
        self._client.reply("pong", Pong(), request_id)

    async def _get_metrics(self, asked: GetMetrics, request_id: str | None) -> None:
        found, cursor = await self._edge.metrics.current(
            self._caller.scope, asked.asset_id, asked.metric_type, asked.limit, asked.cursor
        )
        self._client.reply("metrics", Metrics(metrics=found, next_cursor=cursor), request_id)

    async def _get_alerts(self, asked: GetAlerts, request_id: str | None) -> None:
        found, cursor = await self._edge.alerts.page(
            self._caller.scope, asked, asked.limit, asked.cursor
        )
        self._client.reply("alerts", Alerts(alerts=found, next_cursor=cursor), request_id)

    async def _acknowledge(self, asked: AcknowledgeAlert, request_id: str | None) -> None:
        self._caller.require(Permission.STEP)
        alert = await self._edge.steps.take(
            self._caller, asked.alert_id, StepAction.ACKNOWLEDGE, comment=asked.comment
        )
        self._client.reply("alert_acknowledged", alert, request_id)

    async def _resolve(self, asked: ResolveAlert, request_id: str | None) -> None:
        self._caller.require(Permission.STEP)
        alert = await self._edge.steps.take(
            self._caller,
            asked.alert_id,
            StepAction.RESOLVE,
            resolution=asked.resolution,
            comment=asked.comment,
        )
        self._client.reply("alert_status_changed", alert, request_id)

    async def _snapshot(self) -> None:
        """Send current values and open alerts ahead of what is held."""
        client, scope, cursor = self._client, self._caller.scope, None
        while True:
            metrics, cursor = await self._edge.metrics.current(
                scope, None, None, SNAPSHOT_PAGE, cursor
            )
            told = Metrics(metrics=metrics, next_cursor=cursor, snapshot=True)
            await client.outbox.send_ahead(client.framed("metrics", told))
            if cursor is None:
                break
        wanted = AlertFilter(status=[AlertStatus.ACTIVE, AlertStatus.ACKNOWLEDGED])
        alerts, cursor = await self._edge.alerts.page(scope, wanted, SNAPSHOT_ALERTS, None)
        held = Alerts(alerts=alerts, next_cursor=cursor, snapshot=True)
        await client.outbox.send_ahead(client.framed("alerts", held))

    def _slow_down(self) -> None:
        self._limited += 1
        limit = self._edge.settings.ws_messages_per_second
        if self._limited > MOST_LIMITED:
            self._client.close(CloseCode.POLICY, "too many requests")
        raise Refusal(ProblemCode.RATE_LIMITED, f"at most {limit:g} requests a second")

    def _refuse(self, refusal: Refusal, request_id: str | None) -> None:
        told = Error(code=refusal.code, message=refusal.detail, field=refusal.field)
        self._client.reply("error", told, request_id)


def _request_id_of(text: str | bytes) -> str | None:
    """Return the id of a request that may be nonsense otherwise."""
    with suppress(msgspec.MsgspecError, RecursionError, UnicodeError):
        return _identified(text).request_id
    return None


def _envelope_of(text: str | bytes) -> _Envelope:
    if isinstance(text, bytes):
        raise Refusal(ProblemCode.BAD_REQUEST, "messages are text frames, this one is binary")
    try:
        return _envelope(text)
    except msgspec.ValidationError as error:
        raise from_validation(error) from None
    except msgspec.DecodeError as error:
        raise Refusal(ProblemCode.INVALID_JSON, f"not JSON: {error}") from None
    except RecursionError:
        raise Refusal(ProblemCode.INVALID_JSON, "nested too deeply") from None
    except UnicodeEncodeError:
        raise Refusal(ProblemCode.INVALID_JSON, "not UTF-8") from None
