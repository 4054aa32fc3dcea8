"""JWTs of an issuer, over REST and sockets."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import websockets

from pipeline.topics import Topics
from tests.integration.api.conftest import RunningEdge, Stream, a_change, an_alert
from tests.unit.api.test_jwt import RSA, Issuer, token


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    server = Issuer()
    server.keys["one"] = RSA
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


async def test_a_person_signs_in(
    issuer: Issuer, topics: Topics, make_edge: Callable[..., RunningEdge], stream: Stream
) -> None:
    edge = make_edge(authentication="on", oidc_issuer=issuer.url, oidc_audience="tidemark")
    edge.start()
    alert = an_alert("sales.x")
    await stream.store(alert, an_alert("hr.y"))
    bob = token(issuer, email="bob@example.org", tidemark_assets=["sales.*"])
    async with edge.http(bob) as http:
        assert (await http.get("/me")).json()["data"] == {
            "actor": f"oidc:{issuer.url}#u1", "name": "bob@example.org", "role": "operator",
            "assets": ["sales.*"], "authentication": True,
        }  # fmt: skip
        taken = await http.post(f"/alerts/{alert.id}/acknowledge", json={})
        assert taken.json()["data"]["changedBy"] == f"bob@example.org (oidc:{issuer.url}#u1)"
        assert [one["assetId"] for one in (await http.get("/alerts")).json()["data"]] == ["sales.x"]
    async with edge.http(token(issuer, exp=time.time() - 60)) as http:
        answer = await http.get("/me")
        assert (answer.status_code, "expired" in answer.json()["detail"]) == (401, True)
    async with edge.http(token(issuer, tidemark_role=None)) as http:
        assert (await http.get("/me")).status_code == 403
    async with edge.socket() as talk:
        await talk.hear()
        # Leeway is for clocks, not for sockets: they end with their token.
        await talk.ask("authenticate", {"token": token(issuer, exp=time.time() + 2)})
        await talk.ask("subscribe")
        await stream.push(a_change("anything"))
        assert (await talk.hear())["type"] == "metric_change"
        with pytest.raises(websockets.ConnectionClosed):
            await talk.hear(25)
        assert talk.connection.close_code == 4401
