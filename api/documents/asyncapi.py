"""The AsyncAPI 3.0 document of the topics and the WebSocket."""

import inspect
from typing import Any, Final

from api.documents.components import schemas_of
from pipeline.topics import Topics
from schemas.alerts import Alert
from schemas.dead_letters import Redrive
from schemas.deliveries import DeliveryStep
from schemas.metrics import HistoryBatch, MetricChange, MetricEvent
from schemas.notifications import ActorNotification
from schemas.websocket import PUSHES, REPLIES, REQUESTS, CloseCode

VERSION: Final = "1.0.0"
SOCKET: Final = "quality"


def asyncapi() -> dict[str, Any]:
    """Return the document, with the topics under their default prefix."""
    names = Topics("quality")
    topics: dict[str, tuple[Any, str]] = {
        names.metrics: (MetricEvent, "Metric events in, keyed by asset id"),
        names.changes: (MetricChange, "Values that moved, keyed by asset id"),
        names.alerts: (Alert, "Every step of every alert's life, keyed by asset id"),
        names.alerts_critical: (Alert, "Newly raised critical alerts"),
        names.alerts_high: (Alert, "Newly raised high alerts"),
        names.alerts_medium: (Alert, "Newly raised medium alerts"),
        names.history: (HistoryBatch, "Applied events, packed, owed to PostgreSQL"),
        names.dead_letters: (None, "Refused records, byte for byte; the reason in the headers"),
        names.notifications: (ActorNotification, "Messages for the sockets of one actor"),
        names.deliveries: (DeliveryStep, "What becomes of each message to people, for `restore`"),
        names.redriven: (Redrive, "Which dead letters were sent back, by whom and when"),
    }
    payloads = [*REQUESTS.values(), *REPLIES.values(), *PUSHES.values()]
    _, components = schemas_of([*payloads, *(kind for kind, _ in topics.values() if kind)])
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tidemark",
            "version": VERSION,
            "description": "Topics in Kafka and the WebSocket /ws/quality.",
        },
        "channels": {
            **{name: _topic(name, about) for name, (_, about) in topics.items()},
            SOCKET: _socket(),
        },
        "operations": _operations(names),
        "components": {
            "messages": {
                **{_id(name): _record(kind) for name, (kind, _) in topics.items()},
                **{f"to_{name}": _request(name, kind) for name, kind in REQUESTS.items()},
                **{
                    f"from_{name}": _reply(name, kind)
                    for name, kind in {**REPLIES, **PUSHES}.items()
                },
            },
            "schemas": components,
        },
    }


def _id(topic: str) -> str:
    return topic.removeprefix("quality.").replace(".", "_").replace("-", "_")


def _topic(name: str, about: str) -> dict[str, Any]:
    return {
        "address": name,
        "description": about,
        "messages": {_id(name): _message_ref(_id(name))},
    }


def _socket() -> dict[str, Any]:
    names = [f"to_{name}" for name in REQUESTS]
    names += [f"from_{name}" for name in {**REPLIES, **PUSHES}]
    codes = ", ".join(
        f"{code} {name.lower()}" for name, code in vars(CloseCode).items() if name.isupper()
    )
    return {
        "address": "/ws/quality",
        "description": f"One JSON object a text frame. Close codes: {codes}.",
        "bindings": {"ws": {"method": "GET", "query": _query()}},
        "messages": {name: _message_ref(name) for name in names},
    }


def _query() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "assets": {"type": "string", "description": "Subscribe at once: ids and globs, commas"},
            "ticket": {
                "type": "string",
                "description": "From POST /api/quality/realtime/ws/ticket",
            },
        },
    }


def _operations(names: Topics) -> dict[str, Any]:
    operations: dict[str, Any] = {
        f"read_{_id(name)}": {"action": "send", "channel": _channel_ref(name)}
        for name in names.all()
        if name != names.metrics
    }
    operations["write_metrics"] = {"action": "receive", "channel": _channel_ref(names.metrics)}
    operations["ask"] = {
        "action": "receive",
        "channel": _channel_ref(SOCKET),
        "messages": [_channel_message_ref(f"to_{name}") for name in REQUESTS],
    }
    operations["tell"] = {
        "action": "send",
        "channel": _channel_ref(SOCKET),
        "messages": [_channel_message_ref(f"from_{name}") for name in {**REPLIES, **PUSHES}],
    }
    return operations


def _record(kind: Any) -> dict[str, Any]:
    if kind is None:
        return {"contentType": "application/octet-stream"}
    (schema,), _ = schemas_of([kind])
    return {"contentType": "application/json", "payload": schema}


def _request(name: str, kind: Any) -> dict[str, Any]:
    fields = {"requestId": {"type": "string", "maxLength": 64}}
    return _message(name, kind, fields, ["type"])


def _reply(name: str, kind: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "timestamp": {"type": "string", "format": "date-time"},
        "position": {"type": "string", "description": "Remember the newest: it resumes"},
    }
    if name in REPLIES:
        fields["requestId"] = {"type": "string", "maxLength": 64}
    return _message(name, kind, fields, ["type", "payload", "timestamp"])


def _message(name: str, kind: Any, fields: dict[str, Any], required: list[str]) -> dict[str, Any]:
    (payload,), _ = schemas_of([kind])
    return {
        "name": name,
        "summary": (inspect.getdoc(kind) or "").partition("\n")[0],
        "contentType": "application/json",
        "payload": {
            "type": "object",
            "properties": {"type": {"const": name}, "payload": payload, **fields},
            "required": required,
        },
    }


def _message_ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/messages/{name}"}


def _channel_ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/channels/{name}"}


def _channel_message_ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/channels/{SOCKET}/messages/{name}"}
