"""Spoiled documents of the corpus: an adapter tells what is wrong, and raises nothing."""

import copy
import json
import random
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feeds.adapters import parse
from feeds.document import Fault, ParsedDocument
from feeds.sql.contract import ContractError, load_contract
from pipeline.operators.validate import decode_event
from tests.unit.feeds.corpora import CONTRACTS, DOCUMENTS, Case
from tests.unit.feeds.documents import RECEIVED

SEED: Final = 20260301
ROUNDS: Final = 12
PIECES: Final = (
    b"", b"\0", b"\xff", b"\\ud83d", b'"', b"\\", b"{}", b"[]", b"[[[[", b"null", b"NaN", b"-1",
    b"1e999", b"9" * 400, b"true", b'""', b",", b":", b"\n", b"\xef\xbb\xbf", b"'", b"/*", b"&a *a",
    b"!!python/object:x.y", b"2026-13-99T99:99:99Z", b"\\u0000",
)  # fmt: skip

shapes = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def spoiled(body: bytes, chance: random.Random) -> bytes:
    """Return a text with some pieces cut out, put in, or moved."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randint(0, len(body))
        end = min(len(body), start + chance.choice((0, 0, 1, 3, 40)))
        where = chance.randint(0, len(body))
        piece = chance.choice((*PIECES, bytes([chance.randrange(256)]), body[where : where + 30]))
        body = body[:start] + piece + body[end:]
    return body


def assert_sound(parsed: ParsedDocument) -> None:
    assert all(isinstance(fault, Fault) for fault in parsed.faults)
    for event in parsed.events:
        decode_event(msgspec.json.encode(event), 65536)


@pytest.mark.parametrize("case", DOCUMENTS, ids=str)
def test_spoiled_bytes_break_no_adapter(case: Case) -> None:
    chance = random.Random(f"{SEED} {case}")
    body, manifest = case.body, case.manifest
    for _ in range(ROUNDS):
        beside = spoiled(manifest, chance) if manifest and chance.random() < 0.5 else manifest
        spoilt = spoiled(body, chance)
        assert_sound(parse(case.kind, spoilt, manifest=beside, asset="x", received=RECEIVED))


@pytest.mark.parametrize("case", CONTRACTS, ids=str)
def test_spoiled_bytes_are_refused_as_a_contract(case: Case, tmp_path: Path) -> None:
    chance = random.Random(f"{SEED} {case}")
    file = tmp_path / "contract.yaml"
    for _ in range(ROUNDS):
        file.write_bytes(spoiled(case.body, chance))
        assert_read_or_refused(file)


def assert_read_or_refused(file: Path) -> None:
    refusal = ""
    try:
        checks = load_contract(file, "duckdb:///x").checks
    except ContractError as error:
        checks, refusal = (), str(error)
    assert checks or str(file) in refusal


def with_another(value: Any, other: Any, choose: random.Random) -> Any:
    """Return a document with one value in it, however deep, replaced by another."""
    value = copy.deepcopy(value)
    places: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        keys = inner if isinstance(inner, dict) else range(len(inner))
        for key in keys:
            places.append((inner, key))
            if isinstance(inner[key], (dict, list)):
                waiting.append(inner[key])
    if not places:
        return other
    holder, key = choose.choice(places)
    holder[key] = other
    return value


JSON: Final = [case for case in DOCUMENTS if case.body.lstrip()[:1] in (b"{", b"[")]
WHOLE: Final = [case for case in JSON if case.file.suffix == ".json" and "lines" not in str(case)]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(WHOLE), shapes, st.integers())
def test_a_value_of_another_shape_breaks_no_adapter(case: Case, other: Any, seed: int) -> None:
    value = with_another(json.loads(case.body), other, random.Random(seed))
    body = json.dumps(value).encode()
    manifest = case.manifest
    if manifest:
        manifest = json.dumps(
            with_another(json.loads(manifest), other, random.Random(seed + 1))
        ).encode()
    assert_sound(parse(case.kind, body, manifest=manifest, asset="x", received=RECEIVED))


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.sampled_from(CONTRACTS), shapes, st.integers())
def test_a_value_of_another_shape_is_refused_as_a_contract(
    tmp_path: Path, case: Case, other: Any, seed: int
) -> None:
    value = with_another(yaml.safe_load(case.body), other, random.Random(seed))
    file = tmp_path / "contract.yaml"
    file.write_text(yaml.safe_dump(value), encoding="utf-8")
    assert_read_or_refused(file)
