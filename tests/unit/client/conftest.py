from collections.abc import Iterator

import pytest

from tests.unit.client.edge import Edge


@pytest.fixture
def edge() -> Iterator[Edge]:
    edge = Edge()
    yield edge
    edge.stop()
