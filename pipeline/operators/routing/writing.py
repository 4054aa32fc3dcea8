"""Writing: text from outside, put into the markup of the service that shows it.

Names of assets, messages, resolutions and owners come from whoever reports or acts. They must
read as they are: they are no markup, mention nobody and are no links.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from typing import Final

GAP: Final = "\u200b"
"""Has no width: between two characters it keeps a service from taking them together."""

_MENTION: Final = re.compile(r"[@<](?=\S)")
_LINK: Final = re.compile(r"(?:\b[a-z][a-z0-9+.-]*:(?=//)|\bwww(?=\.))", re.IGNORECASE)
_WEB: Final = ("http:", "https:", "ftp:", "ftps:", "tg:", "slack:", "discord:", "www")
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]()<>#|~!])")
_MARKS: Final = re.compile(r"(?<!\w)[*_~`]|[*_~`](?!\w)")


class Writing(StrEnum):
    """What a service makes of a message.

    `plain`: text under a title; `chat`: text that may mention people; `email`: HTML under a
    title; `html`: HTML that may mention people; `markdown`; `titled`: Markdown under a title of
    plain text; `marks`: text with `*` and `_` around what stands out.
    """

    PLAIN = "plain"
    CHAT = "chat"
    EMAIL = "email"
    HTML = "html"
    MARKDOWN = "markdown"
    TITLED = "titled"
    MARKS = "marks"

    @property
    def has_title(self) -> bool:
        """Whether the title is plain text of its own; otherwise it leads the body."""
        return self in (Writing.PLAIN, Writing.EMAIL, Writing.TITLED)


@dataclass(frozen=True, slots=True)
class Markup:
    """How one kind of service writes things.

    Attributes:
        text: turns text from outside into what shows as that text.
        strong: emphasizes what is already markup.
        link: turns an address of ours into a link.
        newline: begins a new line.
        paragraph: encloses what belongs together.
    """

    text: Callable[[str], str]
    strong: Callable[[str], str]
    link: Callable[[str], str]
    newline: str
    paragraph: tuple[str, str]


def plain(text: str) -> str:
    """Return `text` as one line without invisible characters and with no web address to follow."""
    shown = "".join(_visible(character) for character in text)
    return _LINK.sub(_unlinked, shown).strip()


def unmentioned(text: str) -> str:
    """Return `text` in one line, mentioning nobody."""
    return _MENTION.sub(lambda found: found[0] + GAP, plain(text))


def markup_of(writing: Writing) -> Markup:
    """Return how a service writes things."""
    return _MARKUPS[writing]


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cf", "Cs"):
        return ""
    return " " if category[0] == "C" or category in ("Zl", "Zp") else character


def _unlinked(found: re.Match[str]) -> str:
    return found[0] + GAP if found[0].lower() in _WEB else found[0]


def _markdown(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", unmentioned(text))


def _marked(text: str) -> str:
    return _MARKS.sub(lambda found: f"{GAP}{found[0]}{GAP}", unmentioned(text))


def _html_link(address: str) -> str:
    return f'<a href="{escape(address)}">{escape(address)}</a>'


def _same(text: str) -> str:
    return text


_PLAIN: Final = Markup(plain, _same, _same, "\n", ("", "\n"))
_HTML: Final = Markup(
    lambda text: escape(unmentioned(text)),
    lambda text: f"<b>{text}</b>", _html_link, "<br>", ("<p>", "</p>"),
)  # fmt: skip
_BOLD: Final = Markup(
    _markdown, lambda text: f"**{text}**", lambda url: f"<{url}>", "  \n", ("", "\n")
)
_MARKUPS: Final[Mapping[Writing, Markup]] = {
    Writing.PLAIN: _PLAIN,
    Writing.CHAT: Markup(unmentioned, _same, _same, "\n", ("", "\n")),
    Writing.EMAIL: Markup(
        lambda text: escape(plain(text)), _HTML.strong, _HTML.link, "<br>", ("<p>", "</p>")
    ),
    Writing.HTML: _HTML,
    Writing.MARKDOWN: _BOLD,
    Writing.TITLED: _BOLD,
    Writing.MARKS: Markup(_marked, lambda text: f"*{text}*", _same, "\n", ("", "\n")),
}  # fmt: skip
