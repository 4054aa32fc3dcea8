"""Dbt's manifest.json: what a test belongs to."""

from dataclasses import dataclass
from typing import Any

from msgspec import Struct

from feeds.document import Fault, JsonDocument, Malformed
from feeds.mapping import named_dimension
from schemas.metrics import MetricType


class TestMetadata(Struct):
    """Type of a generic test."""

    name: str | None = None
    namespace: str | None = None


class DependsOn(Struct, frozen=True):
    """Upstream nodes."""

    nodes: list[str] = []


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
    depends_on: DependsOn = DependsOn()
    meta: Any = None
    config: Any = None


class Nodes(Struct):
    """A manifest.json."""

    nodes: dict[str, Node]
    sources: dict[str, Node] = {}


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
        self._nodes = {} if nodes is None else nodes.nodes | nodes.sources

    def asset(self, unique_id: str) -> str | None:
        """Return `database.schema.table` of a node, None where it is unknown."""
        node = self._nodes.get(unique_id)
        if node is None:
            return None
        parts = (node.database, node.schema, node.alias or node.identifier or node.name)
        return plain_relation(node.relation_name) or ".".join(part for part in parts if part)

    def test(self, unique_id: str) -> Test | None:
        """Return what is known of a test, None where it is unknown."""
        node = self._nodes.get(unique_id)
        if node is None:
            return None
        owner = node.attached_node or self._owner(node)
        kind = node.test_metadata
        check = kind.name if kind and kind.name else node.name or unique_id
        return Test(
            asset=self.asset(owner) if owner else None,
            check=check,
            column=node.column_name,
            dimension=named_dimension(_meta(node).get("dimension")),
            name=node.name,
        )

    def _owner(self, node: Node) -> str | None:
        """Return the one upstream node that the test's name speaks of, else the first."""
        upstream = [name for name in node.depends_on.nodes if name in self._nodes]
        test = node.name or ""
        check = node.test_metadata.name if node.test_metadata else None
        target = test.partition(f"{check}_")[2] if check else test
        for unique_id in sorted(upstream, key=len, reverse=True):
            if target.startswith(unique_id.rpartition(".")[2]):
                return unique_id
        return upstream[0] if upstream else None


def read_manifest(body: bytes | None) -> Manifest:
    """Read a manifest; with none, nothing is known.

    Raises:
        Malformed: it is no manifest.
    """
    if body is None:
        return Manifest(None)
    try:
        return Manifest(JsonDocument(body).whole(Nodes))
    except Malformed as error:
        fault = error.fault
        raise Malformed(Fault(f"manifest: {fault.message}", fault.field, fault.line)) from None


def plain_relation(relation: str | None) -> str | None:
    """Return a relation without its quotes: `"db"."shop"."orders"` -> `db.shop.orders`."""
    return relation.translate(str.maketrans("", "", '"`[]')) if relation else None


def _meta(node: Node) -> dict[str, Any]:
    config = node.config.get("meta") if isinstance(node.config, dict) else None
    return {
        **(config if isinstance(config, dict) else {}),
        **(node.meta if isinstance(node.meta, dict) else {}),
    }
