"""Whatever may be sent to Tidemark, at random from a seed: events, documents, records."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from schemas.metrics import MetricType

KINDS: Final = (
    "dbt", "great-expectations", "soda", "deequ", "openlineage", "elementary", "csv", "jsonl",
)  # fmt: skip
VALUES: Final = (
    "0", "-0.0", "0.1", "50", "93.5", "99.99999999999999", "100", "100.00000000000001", "101", "-1",
    "1.5", "9007199254740992", "9007199254740994", "5e-324", "1e-320", "2.3e-308", "1e-400",
    "1e-31", "1e-30", "-1e-30", "1e30", "-1e30", "1.0000000000000002e30", "1e154", "1e200",
    "1.7976931348623157e308", "1e309", "1e999", "-1e999", "9" * 400, "9" * 5000, "NaN", "Infinity",
    "-Infinity", "null", "true", '"1"', "[]", "{}", "01", "-", "",
)  # fmt: skip
TIMES: Final = (
    "0001-01-01T00:00:00+01:00", "0001-01-01T00:00:00Z", "0000-01-01T00:00:00Z",
    "1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00+23:59",
    "1970-01-01T00:00:00-23:59", "1999-12-31T23:59:60Z", "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59.9999999Z", "2026-02-29T00:00:00Z",
    "2026-01-01T24:00:00Z", "2026-01-01T00:00:00", "2026-01-01", "now", "",
)  # fmt: skip
TEXTS: Final = (
    "orders", "é", "\U0001f600", "a\0b", "a\nb", "\r", "\t", "\x7f", "\x85", "\u2028", "\ufeff",
    "\ufffe", "\u202etxt", "a\u0301", " ", ".", "..", "/", "%00", "'; --", '"', "\\", "*", "[a",
    "x" * 255, "\U0001f600" * 255, "x" * 256, "",
)  # fmt: skip
DOCUMENTS: Final = (
    b"", b"{}", b"[]", b"null", b"0", b"\xff\xfe", b"\0" * 50, b"[" * 5000, b'{"results":[]}',
    b'{"a":' * 300 + b"1" + b"}" * 300, b'{"metadata":{"generated_at":"0001-01-01T00:00:00+01:00"},'
    b'"results":[{"status":"pass","unique_id":"test.a.b.c","failures":1e999}]}',
    b"asset_id,metric_type,value,timestamp\na,score,1e-320,2026-01-01T00:00:00Z\n\xff,,,\n",
    b'{"eventType":"COMPLETE","eventTime":"9999-12-31T23:59:59-23:59","run":{"runId":"x"}}',
)  # fmt: skip
GARBAGE: Final = (
    b"", b"\0", b"{", b"{}", b"[]", b"null", b'"x"', b"\xff", b"\xed\xa0\x80", b"[" * 100_000,
    b'{"a":' * 999, b"9" * 5000, b"x" * 300_000,
)  # fmt: skip


class Odd:
    """A source of odd things, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def event(self) -> bytes:
        """An event: most of its fields as they should be, some at an extreme or beyond."""
        pick = self.random.choice
        fields: dict[str, str] = {
            "assetId": json.dumps(self.asset()),
            "metricType": json.dumps(pick(list(MetricType))),
            "value": str(self.random.randrange(101)),
            "timestamp": json.dumps(self.time()),
            "eventId": json.dumps(str(self.uuid())),
        }
        for _ in range(self.random.choice((0, 0, 1, 1, 2))):
            self._spoil(fields)
        raw = "{" + ",".join(f'"{name}":{value}' for name, value in fields.items()) + "}"
        return raw.encode("utf-8", "surrogatepass")

    def asset(self) -> str:
        """One of a few dozen assets, so that they have a past."""
        return f"odd.{self.random.randrange(40)}"

    def time(self) -> str:
        """A time within the last weeks, some of them long ago, in any offset."""
        back = timedelta(seconds=self.random.choice((-3000, 1, 60, 3600, 86_400, 9e6, 1.2e9)))
        zone = self.random.choice(("Z", "+00:00", "-23:59", "+23:59", "+05:30"))
        moment = datetime.now(UTC) - back * self.random.random()
        return f"{moment:%Y-%m-%dT%H:%M:%S.%f}{zone}" if zone in {"Z", "+00:00"} else _in(
            moment, zone
        )  # fmt: skip

    def uuid(self) -> UUID:
        return UUID(int=self.random.getrandbits(128))

    def _spoil(self, fields: dict[str, str]) -> None:
        pick = self.random.choice
        match pick(("value", "value", "time", "text", "metric", "id", "metadata", "more", "gone")):
            case "value":
                fields["value"] = pick(VALUES)
            case "time":
                fields["timestamp"] = json.dumps(pick(TIMES))
            case "text":
                name = pick(("assetId", "assetName", "assetType", "source"))
                fields[name] = pick(
                    (json.dumps(pick(TEXTS)), json.dumps(pick(TEXTS), ensure_ascii=False),
                     '"\\ud800"', '"\\udc00x"', "null", "7", "[]")
                )  # fmt: skip
            case "metric":
                fields["metricType"] = pick(('"speed"', '""', "null", "0", '"SCORE"'))
            case "id":
                fields["eventId"] = pick(
                    ("null", '"x"', '"00000000-0000-0000-0000-000000000000"', "1", '""')
                )
            case "metadata":
                fields["metadata"] = self.metadata()
            case "more":
                fields[pick(("extra", "x" * 300))] = pick(
                    (*VALUES, '"\\ud83d"', "[" * 40 + "]" * 40, json.dumps("y" * 70_000))
                )
            case "gone":
                del fields[pick(list(fields))]

    def metadata(self) -> str:
        """Metadata at and beyond what is allowed."""
        depth = self.random.choice((1, 29, 30, 31, 60, 900, 2000))
        return self.random.choice(
            (
                "{}", "null", "[]", '""', '{"a":1e999}', '{"a":' + "9" * 308 + "}",
                '{"a":' + "9" * 310 + "}", '{"a":' + "9" * 4400 + "}", '{"a":"\\u0000"}',
                '{"\\u0000":1}', '{"a":"\\ud83d"}', '{"a":"\\ud83d\\ude00"}', '{"a":NaN}',
                '{"a":1,"a":2}', '{"":{}}', '{"a":' + "[" * depth + "]" * depth + "}",
                json.dumps({"a": "x" * (16 * 1024 - 8)}), json.dumps({"a": "x" * 16 * 1024}),
                json.dumps({"a": "\U0001f600" * 1300}), json.dumps([{}] * 40),
                json.dumps({"a": [{}] * 100}),
            )
        )  # fmt: skip

    def alert(self) -> bytes:
        """A step of an alert, often with a field at an extreme."""
        pick = self.random.choice
        alert: dict[str, Any] = {
            "id": str(self.uuid()), "assetId": "alerted", "assetName": "alerted",
            "alertType": "sudden_drop", "message": "fell", "severity": "high", "status": "active",
            "timestamp": "2026-01-01T00:00:00Z", "metadata": {"rule": "score_drop"},
            "stepId": str(self.uuid()), "changedAt": "2026-01-01T00:00:00Z",
        }  # fmt: skip
        at = pick(("timestamp", "changedAt", "assetId", "message", "metadata", "status", "gone"))
        if at in {"timestamp", "changedAt"}:
            alert[at] = pick(TIMES)
        elif at in {"assetId", "message"}:
            alert[at] = pick((*TEXTS, "x" * 100_000, 7, None))
        elif at == "status":
            alert[at] = pick(("resolved", "acknowledged", "lost"))
        elif at == "gone":
            del alert[pick(list(alert))]
        raw = json.dumps(alert)
        if at == "metadata":
            odd = (*VALUES[:-3], '"\\u0000"', "[" * 50 + "]" * 50)
            name = pick(("occurrences", "limit", "change", "more", "lastSeen", "rule"))
            raw = raw.replace('"score_drop"', f'"score_drop","{name}":{pick(odd)}')
        return raw.encode()

    def history(self) -> bytes:
        """A record of the history topic that the worker would not write."""
        pick = self.random.choice
        events = [self.event() for _ in range(self.random.randrange(3))]
        text = b",".join(events)
        # With one event in it that is none, since what is good would be stored.
        bad = pick((b"{}", b"1", b'{"assetId":"a"}', b"NaN", b'{"x":"\xff"}'))
        inside = b",".join(part for part in (text, bad) if part)
        count = len(events) + 1
        offsets = ",".join(pick(("0", "-1", str(2**63), "9" * 400)) for _ in range(count))
        return pick(
            (
                b'{"topic":"x","partition":0,"offsets":[%b],"late":[],"events":[%b]}'
                % (offsets.encode(), inside),
                b'{"topic":"\\u0000","partition":%d,"offsets":[1],"late":[-1],"events":[]}' % 2**63,
                self.garbage(),
            )
        )  # fmt: skip

    def garbage(self) -> bytes:
        """Bytes of any kind."""
        return self.random.choice((*GARBAGE, self.random.randbytes(self.random.randrange(200))))

    def key(self) -> bytes | None:
        return self.random.choice((None, b"", b"\xff", b"a", b"k" * 5000, self.garbage()[:9000]))

    def headers(self) -> list[tuple[str, bytes]]:
        """Headers of a record, ours among them, with values that are none of ours."""
        names = ("", "x", "tidemark.reason", "tidemark.source.offset", "tidemark.source.timestamp")
        some = self.random.randrange(3)
        return [
            (self.random.choice(names), self.random.choice((b"", b"\xff", b"9" * 30, b"-1")))
            for _ in range(some)
        ]

    def document(self) -> tuple[str, bytes]:
        """A kind of document, and what is none."""
        body = self.random.choice((*DOCUMENTS, self.event(), self.garbage()))
        return self.random.choice(KINDS), body


def _in(moment: datetime, zone: str) -> str:
    sign = -1 if zone[0] == "-" else 1
    offset = sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[4:]))
    return f"{moment + offset:%Y-%m-%dT%H:%M:%S.%f}{zone}"
