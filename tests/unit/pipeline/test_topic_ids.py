"""Ids of topics, as Kafka's protocol has them."""

from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from aiokafka.errors import IncompatibleBrokerVersion
from aiokafka.protocol.api import Request

from pipeline import topic_ids as module
from pipeline.topic_ids import NO_ID, topic_ids

NUMBER = UUID("204f9e85-abec-40ab-82d5-53fff9c1949c")


class FakeClient:
    def __init__(self, topics: list[tuple[int, str, UUID]], *, versions: Any = (0, 12)) -> None:
        self._topics = topics
        self._versions = versions
        self.asked: Any = None

    def get_random_node(self) -> int:
        return 1

    async def send(self, _node: int, request: Request[Any]) -> Any:
        built = request.prepare({3: self._versions})
        self.asked = built.encode()
        response = built.RESPONSE_TYPE
        partition = (0, 0, 1, 5, [1], [1], [], {})
        topics = [(*topic, False, [partition], -1, {}) for topic in self._topics]
        broker = (1, "localhost", 9092, None, {})
        wire = response(0, [broker], "cluster", 1, topics, -1, {}).encode()
        return response.decode(BytesIO(wire))


async def test_ids_are_read_from_the_answer() -> None:
    client: Any = FakeClient([(0, "a", NUMBER), (5, "b", NUMBER), (3, "gone", NO_ID)])
    # A topic without a leader is there; one that is unknown is not.
    assert await topic_ids(client, {"a", "b", "gone"}) == {"a": str(NUMBER), "b": str(NUMBER)}
    assert b"gone" in client.asked


async def test_a_topic_is_not_created_by_asking() -> None:
    client: Any = FakeClient([])
    await topic_ids(client, {"a"})
    allow_auto_topic_creation = client.asked[-4]
    assert allow_auto_topic_creation == 0


@pytest.mark.parametrize("versions", [(0, 9), (11, 13)])
async def test_a_broker_without_ids_has_none(versions: tuple[int, int]) -> None:
    client: Any = FakeClient([], versions=versions)
    assert await topic_ids(client, {"a"}) == {"a": None}


async def test_where_versions_are_not_known_there_are_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Unknown(FakeClient):
        async def send(self, _node: int, _request: Request[Any]) -> Any:
            raise IncompatibleBrokerVersion

    client: Any = Unknown([])
    assert await module.topic_ids(client, {"a"}) == {"a": None}
