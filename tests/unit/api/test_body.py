"""Content codings, and how much a body may hold."""

import gzip
import zlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.body import MAX_MEMBERS, Body, Budget
from api.problems import Refusal
from tests.unit.api.test_guard import client

LIMIT = 10_000


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


CODED = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "GZIP": gzip.compress,
    "deflate": zlib.compress,
    "deflate ": raw_deflate,
    "identity": bytes,
    "": bytes,
}


async def received(coding: str, sent: bytes, piece: int = LIMIT, budget: Any = None) -> bytes:
    """Return the body that an application gets of what is sent in pieces."""
    pieces = [sent[at : at + piece] for at in range(0, len(sent), piece)] or [b""]

    def messages() -> Iterator[Any]:
        for number, part in enumerate(pieces, 1):
            yield {"type": "http.request", "body": part, "more_body": number < len(pieces)}

    coming = messages()

    async def receive() -> Any:
        return next(coming)

    scope: Any = {"headers": [(b"content-encoding", coding.encode()), (b"content-length", b"1")]}
    body = Body(receive, scope, LIMIT, budget or Budget())
    whole = b""
    try:
        for _ in pieces:
            whole += (await body())["body"]
    finally:
        body.release()
    if coding.strip() not in {"", "identity"}:
        assert scope["headers"] == []
    return whole


@given(st.binary(max_size=300), st.sampled_from(list(CODED)), st.integers(1, 50))
async def test_a_body_is_decoded_however_it_is_cut(body: bytes, coding: str, piece: int) -> None:
    assert await received(coding, CODED[coding](body), piece) == body


@given(st.binary(max_size=60), st.sampled_from(["gzip", "deflate"]), st.integers(1, 50))
async def test_nonsense_is_refused_as_such(sent: bytes, coding: str, piece: int) -> None:
    try:
        await received(coding, sent, piece)
    except Refusal as refusal:
        assert refusal.detail.startswith("the body is")  # noqa: PT017


@pytest.mark.parametrize("coding", ["gzip", "deflate", "deflate "])
async def test_what_grows_too_large_is_refused_before_it_does(coding: str) -> None:
    bomb = CODED[coding](b"x" * 20_000_000)[: LIMIT - 1]
    with pytest.raises(Refusal, match="may have 10000 bytes, also when decoded"):
        await received(coding, bomb)
    assert await received(coding, CODED[coding](b"x" * LIMIT)) == b"x" * LIMIT
    with pytest.raises(Refusal, match="may have 10000"):
        await received(coding, CODED[coding](b"x" * (LIMIT + 1)))


@pytest.mark.parametrize(
    ("coding", "sent", "message"),
    [
        ("gzip", b"plain", "no gzip"),
        ("gzip", gzip.compress(b"cut off")[:-4], "gzip that is cut off"),
        ("gzip", gzip.compress(b"x") + b"trailing", "no gzip"),
        ("gzip", gzip.compress(b"") * (MAX_MEMBERS + 1), "more than 128 members"),
        ("deflate", zlib.compress(b"cut off")[:-4], "deflate that is cut off"),
        ("deflate", zlib.compress(b"x") + b"trailing", "something behind it"),
        ("deflate", b"x", "deflate that is cut off"),
    ],
)
async def test_what_is_not_what_it_says_is_refused(coding: str, sent: bytes, message: str) -> None:
    with pytest.raises(Refusal, match=message):
        await received(coding, sent)


async def test_members_follow_each_other() -> None:
    assert await received("gzip", gzip.compress(b"a") + gzip.compress(b"b"), 3) == b"ab"


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "gzip, br", "base64", "x" * 5000])
async def test_other_codings_are_refused(coding: str) -> None:
    async with client() as http:
        answer = await http.post("/", content=b"x", headers={"content-encoding": coding})
    assert answer.status_code == 415
    assert answer.headers["accept-encoding"] == "gzip, deflate"
    assert answer.json()["code"] == "unsupported_media_type"
    assert len(answer.content) < 1000


async def test_a_compressed_request_is_served_as_any_other() -> None:
    async with client() as http:
        packed = gzip.compress(b"x" * 5000)
        answer = await http.post("/", content=packed, headers={"content-encoding": "gzip"})
        assert answer.json() == {"size": 5000}
    async with client(max_body_bytes=1024) as http:
        with pytest.raises(Refusal, match="may have 1024 bytes"):
            await http.post("/", content=packed, headers={"content-encoding": "gzip"})


async def test_all_bodies_together_are_bounded() -> None:
    budget = Budget(1000)
    budget.take(600)
    with pytest.raises(Refusal, match="as many bodies as it can") as refused:
        await received("", b"x" * 500, budget=budget)
    assert refused.value.headers == {"Retry-After": "2"}
    assert await received("", b"x" * 400, budget=budget) == b"x" * 400
    assert await received("gzip", gzip.compress(b"x" * 400), budget=budget) == b"x" * 400
    budget.give_back(600)
    budget.take(1000)


async def test_a_budget_is_given_back_after_each_request() -> None:
    async with client() as http:
        for _ in range(40):
            answer = await http.post("/", content=b"x" * 4_000_000)
            assert isinstance(answer, httpx.Response)
            assert answer.status_code == 200
