"""Every adapter against every kind of bad document; lines and paths."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.feeds.shapes import shapes
from feeds.adapters import ADAPTERS, parse
from feeds.document import Fault
from feeds.locate import lines_of, offsets_of, path_name
from feeds.mapping import (
    DEFAULT,
    DEFAULT_DIMENSIONS,
    Mapping,
    MappingError,
    load_mapping,
    named_dimension,
    normal,
)
from pipeline.operators.validate import decode_event
from schemas.metrics import MetricType
from tests.unit.feeds.documents import DATA, document, read

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
DOCS = Path(__file__).parents[3] / "docs" / "feeds.md"
FIXTURES = [
    ("dbt", "dbt_run_results.json"),
    ("dbt", "dbt_sources.json"),
    ("great-expectations", "gx_1.json"),
    ("great-expectations", "gx_018_checkpoint.json"),
    ("soda", "soda_3.json"),
    ("soda", "soda_4.json"),
    ("deequ", "deequ_repository.json"),
    ("deequ", "deequ_checks.json"),
    ("openlineage", "openlineage.json"),
    ("elementary", "elementary.csv"),
]


MUTATIONS = st.binary(max_size=3) | st.sampled_from(
    [b"NaN", b"-Infinity", b"null", b"\\ud83d", b"[[[[", b'"', b"9" * 400, b"1e999", b"\n", b"\0",
     b"\\u0000", b"{}", b"\xff", b"\xef\xbb\xbf", b",", b":", b"\\", b"/*", b"--", b"'"]
)  # fmt: skip


@given(st.sampled_from(sorted(ADAPTERS)), st.binary(max_size=300))
def test_no_bytes_break_an_adapter(kind: str, body: bytes) -> None:
    parsed = parse(kind, body)
    if body.strip():
        assert parsed.events or parsed.faults or kind == "csv" or kind == "elementary"


@given(st.sampled_from(sorted(ADAPTERS)), json_values)
def test_no_json_breaks_an_adapter(kind: str, value: Any) -> None:
    parse(kind, json.dumps(value).encode())


@given(st.sampled_from(FIXTURES), st.data())
def test_a_fixture_with_a_hole_in_it_breaks_no_adapter(
    fixture: tuple[str, str], data: st.DataObject
) -> None:
    kind, name = fixture
    body = document(name)
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 200)))
    parsed = parse(kind, body[:start] + body[end:], asset="x")
    assert all(isinstance(fault, Fault) for fault in parsed.faults)


@given(
    st.sampled_from(FIXTURES), st.lists(st.tuples(st.integers(0, 10_000), MUTATIONS), max_size=6)
)
def test_a_mutated_fixture_breaks_no_adapter(
    fixture: tuple[str, str], mutations: list[tuple[int, bytes]]
) -> None:
    kind, name = fixture
    body = document(name)
    for place, piece in mutations:
        start = place % (len(body) + 1)
        body = body[:start] + piece + body[start + place % 3 :]
    parsed = parse(kind, body, asset="x")
    for event in parsed.events:
        decode_event(msgspec.json.encode(event), 65536)


@pytest.mark.parametrize("size", [0, 1, 500])
def test_hostile_shapes_break_no_adapter(size: int) -> None:
    for kind, _, body in shapes(size):
        parsed = parse(kind, body, asset="x")
        assert all(isinstance(fault, Fault) for fault in parsed.faults)


@pytest.mark.parametrize(("kind", "name"), FIXTURES)
def test_events_are_the_pipelines_and_the_same_every_time(kind: str, name: str) -> None:
    import msgspec

    first, second = read(kind, name, asset="x"), read(kind, name, asset="x")
    assert first == second
    assert first.events
    assert len({event.event_id for event in first.events}) == len(first.events)
    for event in first.events:
        assert decode_event(msgspec.json.encode(event), 65536) == event


def test_every_fixture_is_tested() -> None:
    assert {name for _, name in FIXTURES} | {"dbt_manifest.json"} == {
        file.name for file in DATA.iterdir()
    }


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "the document is empty"),
        (b"  \n ", "the document is empty"),
        (b'{\n "results": [\n', "line 3: not JSON: it ends too early"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"results": [], "\xff": 1}', "line 1: not UTF-8"),
        (b'{"results": {}}', "line 1: results: expected array, got object"),
        (b"[]", "line 1: expected object, got array"),
    ],
)
def test_malformed_documents_say_line_and_field(body: bytes, said: str) -> None:
    (fault,) = parse("dbt", body).faults
    assert str(fault).startswith(said)


paths = st.recursive(
    st.just(0),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner, min_size=1, max_size=3)
    ),
    max_leaves=10,
)


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in leaves(inner, (*path, key))]
    if isinstance(value, list):
        return [leaf for index, inner in enumerate(value) for leaf in leaves(inner, (*path, index))]
    return [path]


def numbered(value: Any, counter: list[int]) -> Any:
    if isinstance(value, dict):
        return {key: numbered(inner, counter) for key, inner in value.items()}
    if isinstance(value, list):
        return [numbered(inner, counter) for inner in value]
    counter[0] += 1
    return counter[0]


@given(paths, st.sampled_from([None, 0, 2]))
def test_values_are_found_where_they_stand(shape: Any, indent: int | None) -> None:
    value = numbered(shape, [0])
    text = json.dumps(value, indent=indent)
    found = leaves(value)
    offsets = offsets_of(text, found)
    assert lines_of(text, found) == [text[:offset].count("\n") + 1 for offset in offsets]
    for number, offset in enumerate(offsets, 1):
        assert text[offset:].startswith(str(number))


def test_what_is_not_there_is_placed_at_its_parent() -> None:
    text = '{\n "a": [\n  {"b": 1}\n ]\n}'
    paths = [("a", 0, "c"), ("a", 5), ("x", "y"), (3,), ("a", 0, "b")]
    assert lines_of(text, paths) == [3, 2, 1, 1, 3]
    assert lines_of("{", [("a",)]) == [1]
    assert lines_of('{"a": %s, "b":\n1}' % ("9" * 5000), [("b",)]) == [2]
    assert path_name(("a", 0, "c")) == "a[0].c"


@pytest.mark.parametrize(
    ("check", "dimension"),
    [
        ("not_null", MetricType.COMPLETENESS),
        ("expect_column_values_to_not_be_null", MetricType.COMPLETENESS),
        ("ExpectColumnValuesToNotBeNull", MetricType.COMPLETENESS),
        ("missing", MetricType.COMPLETENESS),
        ("nullValues", MetricType.COMPLETENESS),
        ("unique", MetricType.UNIQUENESS),
        ("dbt_utils_unique_combination_of_columns", MetricType.UNIQUENESS),
        ("duplicateValues", MetricType.UNIQUENESS),
        ("accepted_values", MetricType.VALIDITY),
        ("expect_column_values_to_match_regex", MetricType.VALIDITY),
        ("invalid", MetricType.VALIDITY),
        ("freshness", MetricType.TIMELINESS),
        ("freshness_anomalies", MetricType.TIMELINESS),
        ("volume_anomalies", MetricType.COMPLETENESS),
        ("relationships", MetricType.INTEGRITY),
        ("schema", MetricType.CONSISTENCY),
        ("schema_change", MetricType.CONSISTENCY),
        ("reconciliation", MetricType.ACCURACY),
        ("my own thing", None),
    ],
)
def test_built_in_mapping(check: str, dimension: MetricType | None) -> None:
    assert DEFAULT.dimension(check) is dimension


def test_the_documented_mapping_is_the_built_in_one() -> None:
    rows = re.findall(r"^\| (\w+) \| ((?:`[^`]+` ?)+)\|$", DOCS.read_text(), re.MULTILINE)
    documented = {
        pattern: MetricType(dimension)
        for dimension, patterns in rows
        for pattern in re.findall(r"`([^`]+)`", patterns)
    }
    assert documented == DEFAULT_DIMENSIONS


def test_names_are_normalised() -> None:
    assert normal("ExpectColumnToExist") == "expect_column_to_exist"
    assert normal("failed rows") == "failed_rows"


def test_documents_may_name_the_dimension() -> None:
    assert named_dimension(" Conformity ") is MetricType.VALIDITY
    assert named_dimension("score") is None
    assert named_dimension(None) is None


def test_a_mapping_file_overrides(tmp_path: Any) -> None:
    file = tmp_path / "mapping.yaml"
    file.write_text("dimensions: {my_*: accuracy}\nweights: {unique: 3}\n")
    mapping = load_mapping(file)
    assert mapping.dimension("my_check") is MetricType.ACCURACY
    assert mapping.dimension("unique") is MetricType.UNIQUENESS
    assert (mapping.weight("unique"), mapping.weight("other")) == (3, 1)
    assert mapping.digest() != DEFAULT.digest()
    file.write_text("")
    assert load_mapping(file) == Mapping()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dimensions: {a: beauty}", "dimensions"),
        ("weights: {a: 0}", "weights"),
        ("colour: red", "colour"),
        ("a: [", "mapping.yaml"),
        ("[]", "mapping.yaml"),
    ],
)
def test_a_wrong_mapping_file_is_named(tmp_path: Any, text: str, said: str) -> None:
    file = tmp_path / "mapping.yaml"
    file.write_text(text)
    with pytest.raises(MappingError, match=said):
        load_mapping(file)


def test_a_missing_mapping_file_is_named(tmp_path: Any) -> None:
    with pytest.raises(MappingError, match="No such file"):
        load_mapping(tmp_path / "nowhere.yaml")
