"""Values that a careful author would not send, and values that fit a JSON schema."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import msgspec

SCHEMAS = Path(__file__).parents[2] / "schemas"
DOCUMENT: dict[str, Any] = json.loads((SCHEMAS / "openapi.json").read_text())
TEXTS = (
    "", " ", "\0", "a\0b", "\n", "a\nb", "\r\nX: y", "%", "%00", "../../etc/passwd", "//", ".", "*",
    "?", "[", "[!", "[!z-a]", "*?" * 60, "*a" * 100, "[a-z]" * 40, "a" * 300, "é" * 300, "x" * 5000,
    "\ud800", "\U0010ffff", "\u202e", "\uff11\uff12", "\u0663", "null", "true",
    "NaN", "1e999", "-1", "0", "1", "9" * 40, "-" + "9" * 400, "0x10", "1_000", "{}", "[]",
    "'; --", "${x}", "<script>", "key:admin",
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-01:00", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00", "0001-01-01",
    "9999-12-31", "2026-01-01T24:00:00Z", "2016-12-31T23:59:60Z", "24:00", "Europe/Nowhere",
    "00000000-0000-0000-0000-000000000000", "urn:uuid:" + "0" * 32, "mailto://x@example.com",
    "https://example.com/hook", "http://[", "1d", "0d", "999999999999d", "warehouse.*",
    "active", "critical", "score", "operator", "* * * * *", "*/0 * * * *",
)  # fmt: skip
NUMBERS = (0, 1, -1, 2, 100, 101, 1000, 1001, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**400,
           0.1, -0.0, 1e308, 5e-324)  # fmt: skip


def text(random: Random) -> str:
    """Return a text, odd more often than not."""
    if random.random() < 0.7:
        return random.choice(TEXTS)
    size = random.choice((1, 3, 10, 40, 256, 1000))
    return "".join(
        chr(random.choice((random.randrange(128), random.randrange(0xD800)))) for _ in range(size)
    )


def cursor(random: Random) -> str:
    """Return what looks like a cursor."""
    parts = [
        random.choice(
            (
                text(random).encode("utf-8", "replace").decode(),
                7,
                -(2**63),
                2**64 - 1,
                None,
                1.5,
                [],
                {},
            )
        )
        for _ in range(random.randrange(4))
    ]
    packed = msgspec.msgpack.encode(parts)
    if random.random() < 0.3:
        packed = random.randbytes(random.randrange(40))
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def anything(random: Random, depth: int = 3) -> Any:
    """Return any JSON value."""
    kind = random.randrange(6 if depth else 4)
    if kind == 0:
        return text(random)
    if kind == 1:
        return random.choice(NUMBERS)
    if kind < 4:
        return random.choice((None, True, False, {}, []))
    inner = [anything(random, depth - 1) for _ in range(random.randrange(4))]
    return inner if kind == 4 else {text(random): one for one in inner}


def fitting(random: Random, schema: Mapping[str, Any], depth: int = 6) -> Any:
    """Return a value of `schema`, with something odd in it now and then."""
    if random.random() < 0.08 or not depth:
        return anything(random)
    if "$ref" in schema:
        return fitting(
            random, DOCUMENT["components"]["schemas"][schema["$ref"].split("/")[-1]], depth - 1
        )
    if "enum" in schema:
        return random.choice(schema["enum"])
    if "const" in schema:
        return schema["const"]
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return fitting(random, random.choice(schema[several]), depth)
    return _of_type(random, schema, depth)


def _of_type(random: Random, schema: Mapping[str, Any], depth: int) -> Any:
    match schema.get("type"):
        case "object":
            return _object(random, schema, depth)
        case "array":
            count = random.choice((0, 1, 1, 2, 5))
            return [fitting(random, schema.get("items", {}), depth - 1) for _ in range(count)]
        case "integer" | "number":
            return random.choice(
                (schema.get("minimum", 1), schema.get("maximum", 7), random.choice(NUMBERS))
            )
        case "boolean":
            return random.random() < 0.5
        case "null":
            return None
        case "string":
            return _string(random, schema)
    return anything(random)


def _object(random: Random, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
    required = set(schema.get("required", ()))
    made = {
        name: fitting(random, part, depth - 1)
        for name, part in schema.get("properties", {}).items()
        if (name in required and random.random() < 0.97) or random.random() < 0.4
    }
    if random.random() < 0.03:
        made[text(random)] = anything(random)
    return made


def _string(random: Random, schema: Mapping[str, Any]) -> str:
    if random.random() < 0.3:
        return text(random)
    match schema.get("format"):
        case "date-time":
            return f"{random.choice((2024, 2025, 2026))}-0{random.randrange(1, 10)}-11T10:00:00Z"
        case "uuid":
            return f"{random.getrandbits(32):08x}-0000-4000-8000-{random.getrandbits(48):012x}"
    return random.choice(("warehouse.source7.*", "a", "orders", "nightly", text(random)))
