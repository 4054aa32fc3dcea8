"""Text from outside shows as that text, whatever the service makes of it."""

import re
from html import unescape
from html.parser import HTMLParser
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.operators.routing.message import body_of, title_of
from pipeline.operators.routing.writing import GAP, Writing, markup_of, plain
from schemas.alerts import AlertStatus
from schemas.notifications import Notification, NotifiedAlert, Occasion

from .samples import NOW, an_alert

CHATS = [Writing.CHAT, Writing.HTML, Writing.MARKDOWN, Writing.TITLED, Writing.MARKS]
MARKDOWN = [Writing.MARKDOWN, Writing.TITLED]
HTML = [Writing.EMAIL, Writing.HTML]
HOSTILE = (
    "orders [pay](http://evil.example/x) <http://evil.example|here> <a href='http://evil.example'>"
    " @everyone @here @channel <!channel> <!here> <@U123> <#C1> @**all** @room <at id=all></at>"
    " *b* _i_ ~s~ `c` ||x|| # h \\[z](http://evil.example) www.evil.example tg://user?id=1"
)


def message(text: str) -> Notification:
    alert = an_alert(
        message=text, asset_id=text, asset_name="n", assignee=text, resolution=text,
        changed_by=text, status=AlertStatus.RESOLVED,
    )  # fmt: skip
    told = NotifiedAlert(
        occasion=Occasion.RESOLVED,
        alert=alert,
        owner=text,
        link="https://tm.example/alerts?a=1&b=2",
    )
    return Notification(
        id=uuid4(), created_at=NOW, alerts=[told], subscription=text, group=f"source {text}"
    )


def words(text: str, writing: Writing) -> str:
    return body_of(message(text), writing)


@pytest.mark.parametrize("writing", Writing)
def test_no_address_can_be_followed_but_ours(writing: Writing) -> None:
    told = words(HOSTILE, writing).replace("https://tm.example", "")
    assert not re.search(r"(https?|tg)://|www\.", told)
    assert not re.search(r"(https?|tg)://|www\.", title_of(message(HOSTILE)))
    assert "s3://lake/orders" in words("s3://lake/orders", writing)


@pytest.mark.parametrize("writing", CHATS)
def test_nobody_is_mentioned(writing: Writing) -> None:
    told = unescape(words(HOSTILE, writing)).replace("\\", "")
    told = re.sub(r"</?(b|p|br|a)( href=[^>]*)?>|<https://tm[^>]*>", "", told)
    assert not re.search(r"@(?=[^\s\u200b])|<(?=[!@#a])", told)


@pytest.mark.parametrize("writing", MARKDOWN)
@given(st.text(st.sampled_from("ab *_`~[]()<>#|!\\-.:/@"), max_size=30))
def test_every_mark_is_escaped(writing: Writing, text: str) -> None:
    written = markup_of(writing).text(text)
    assert not re.search(r"(?<!\\)(?:\\\\)*[*_`~\[\]()<>#|!]", written)
    assert re.sub(r"\\(.)", r"\1", written).replace(GAP, "") == plain(text).replace(GAP, "")


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, attrs))


@pytest.mark.parametrize("writing", HTML)
@given(st.text(max_size=60))
def test_nothing_becomes_a_tag(writing: Writing, text: str) -> None:
    told, quiet = Tags(), Tags()
    told.feed(words(text + "x", writing))
    quiet.feed(words("x", writing))
    assert told.seen == quiet.seen


def test_marks_are_ours_alone() -> None:
    told = words(HOSTILE, Writing.MARKS)
    assert not re.search(r"<(?!\u200b)", told)
    assert not re.search(r"(?<!\u200b)[_~`]", told)
    assert told.count("https://tm.example/alerts?a=1&b=2") == 1


@pytest.mark.parametrize("writing", Writing)
@pytest.mark.parametrize(
    "hidden", ["\r\nBcc: x@y.z", "\x00", "\u202e", "\u2028", "\x1b[31m", "\ud800", "\t", "\u2066"]
)
def test_what_cannot_be_seen_goes(writing: Writing, hidden: str) -> None:
    written = markup_of(writing).text(f"a{hidden}b")
    assert not set("\r\n\x00\u202e\u2028\x1b\ud800\t\u2066") & set(written)
    assert "\n" not in title_of(message(f"a{hidden}b"))


@given(st.sampled_from([*Writing]), st.text(st.characters(categories=["L", "N"]), min_size=1))
def test_plain_words_stay_as_they_are(writing: Writing, text: str) -> None:
    assert unescape(markup_of(writing).text(text)) == text


def test_a_service_without_titles_begins_with_it() -> None:
    told = message("score fell")
    assert body_of(told, Writing.MARKDOWN).startswith("**\\[RESOLVED\\] score fell**")
    assert body_of(told, Writing.MARKS).startswith("*[RESOLVED] score fell*")
    assert body_of(told, Writing.HTML).startswith("<p><b>[RESOLVED] score fell</b></p>")
    assert body_of(told, Writing.PLAIN).startswith("score fell\nAsset")
