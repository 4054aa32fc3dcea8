"""Dbt's manifest.json: what a test belongs to."""

import re
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from feeds.document import Fault, Malformed
from feeds.door import Door
from feeds.json_document import JsonDocument
from feeds.mapping import named_dimension
from schemas.metrics import MetricType

_TESTED: Final = re.compile(r"\b(?P<kind>ref|source)\s*\((?P<names>[^()]*)\)")


class TestMetadata(Struct):
    """Type of a generic test, and what it was called with."""

    name: str | None = None
    namespace: str | None = None
    kwargs: Any = None


class DependsOn(Struct, frozen=True):
    """Upstream nodes."""

    nodes: list[str] | None = None


class Node(Struct):
    """As much of a node as names an asset or a test."""

    name: str | None = None
    database: str | None = None
    schema: str | None = None
    alias: str | None = None
    identifier: str | None = None
    relation_name: str | None = None
    attached_node: str | None = None
    column_name: str | None = None
    test_metadata: TestMetadata | None = None
    depends_on: DependsOn | None = None
    tested_node_unique_id: str | None = None
    meta: Any = None
    config: Any = None


class Nodes(Struct):
    """A manifest.json. Its nodes are read when they are asked for: it may be very large."""

    nodes: dict[str, Raw]
    sources: dict[str, Raw] | None = None
    unit_tests: dict[str, Raw] | None = None


@dataclass(frozen=True, slots=True)
class Test:
    """What the manifest knows of a test."""

    asset: str | None
    check: str
    column: str | None
    dimension: MetricType | None
    name: str | None


class Manifest:
    """Finds assets and tests by unique_id."""

    def __init__(self, nodes: Nodes | None) -> None:
        self._raws = (
            {}
            if nodes is None
            else {**nodes.nodes, **(nodes.sources or {}), **(nodes.unit_tests or {})}
        )
        self._nodes: dict[str, Node | None] = {}

    def _node(self, unique_id: str) -> Node | None:
        """Return a node, None where it is unknown or of no known form."""
        if unique_id not in self._nodes:
            raw = self._raws.get(unique_id)
            self._nodes[unique_id] = None if raw is None else _decoded(raw)
        return self._nodes[unique_id]

    def asset(self, unique_id: str) -> str | None:
        """Return `database.schema.table` of a node, None where it is unknown."""
        node = self._node(unique_id)
        if node is None:
            return None
        parts = (node.database, node.schema, node.alias or node.identifier or node.name)
        return plain_relation(node.relation_name) or ".".join(part for part in parts if part)

    def test(self, unique_id: str) -> Test | None:
        """Return what is known of a test, None where it is unknown."""
        node = self._node(unique_id)
        if node is None:
            return None
        owner = node.attached_node or node.tested_node_unique_id or self._owner(node)
        kind = node.test_metadata
        check = kind.name if kind and kind.name else node.name or unique_id
        if unique_id.startswith("unit_test."):
            check = "unit_test"
        return Test(
            asset=self.asset(owner) if owner else None,
            check=check,
            column=node.column_name,
            dimension=named_dimension(_meta(node).get("dimension")),
            name=node.name,
        )

    def _owner(self, node: Node) -> str | None:
        """Return what a manifest before v9 says is tested.

        That is the upstream node that the test was called with or that its name speaks
        of, else the first. A `relationships` test names the other table first.
        """
        depends = (node.depends_on.nodes if node.depends_on else None) or []
        upstream = [name for name in depends if name in self._raws]
        kwargs = node.test_metadata.kwargs if node.test_metadata else None
        tested = _tested(kwargs.get("model"), upstream) if isinstance(kwargs, dict) else None
        if tested is not None:
            return tested
        test = node.name or ""
        check = node.test_metadata.name if node.test_metadata else None
        target = test.partition(f"{check}_")[2] if check else test
        for unique_id in sorted(upstream, key=len, reverse=True):
            if target.startswith(unique_id.rpartition(".")[2]):
                return unique_id
        return upstream[0] if upstream else None


def read_manifest(body: bytes | None, door: Door) -> Manifest:
    """Read a manifest; with none, nothing is known.

    Raises:
        Malformed: it is no manifest.
    """
    if body is None:
        return Manifest(None)
    try:
        door.check_size(len(body))
        return Manifest(JsonDocument(body, door).whole(Nodes))
    except Malformed as error:
        fault = error.fault
        raise Malformed(Fault(f"manifest: {fault.message}", fault.field, fault.line)) from None


def plain_relation(relation: str | None) -> str | None:
    """Return a relation without its quotes: `"db"."shop"."orders"` -> `db.shop.orders`."""
    return relation.translate(str.maketrans("", "", '"`[]')) if relation else None


def _tested(model: Any, upstream: list[str]) -> str | None:
    """Return the node of `{{ get_where_subquery(ref('orders')) }}` or of a `source('raw', 'x')`."""
    call = _TESTED.search(model) if isinstance(model, str) else None
    if call is None:
        return None
    # Without the version, which is named: `ref('orders', v=2)`.
    names = [name.strip(" '\"") for name in call["names"].split(",") if "=" not in name]
    if call["kind"] == "ref":
        # The package before it is optional.
        names = names[-1:]
    for unique_id in upstream:
        kind, *parts = unique_id.split(".")
        if (kind == "source") is (call["kind"] == "source") and parts[1 : len(names) + 1] == names:
            return unique_id
    return None


def _decoded(raw: Raw) -> Node | None:
    try:
        return msgspec.json.decode(raw, type=Node)
    except (msgspec.DecodeError, RecursionError):
        return None


def _meta(node: Node) -> dict[str, Any]:
    config = node.config.get("meta") if isinstance(node.config, dict) else None
    return {
        **(config if isinstance(config, dict) else {}),
        **(node.meta if isinstance(node.meta, dict) else {}),
    }
