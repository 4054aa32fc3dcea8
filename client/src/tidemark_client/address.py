"""The address and the token, checked before anything is sent with them."""

from typing import Final
from urllib.parse import urlsplit

from tidemark_client.errors import ConfigurationError
from tidemark_client.shown import shown

EXAMPLE: Final = "http://tidemark:3002"


def checked_url(url: str) -> str:
    """Return an http(s) address without blanks around it or slashes at its end.

    Raises:
        ConfigurationError: it can't be used; the message never repeats a password.
    """
    if not isinstance(url, str):
        raise ConfigurationError(
            f"the address must be a string such as {EXAMPLE}, got {type(url).__name__}"
        )
    url = url.strip()
    if not all("!" <= character <= "~" for character in url):
        raise ConfigurationError(
            f"the address may hold visible ASCII characters only (percent-encode others): "
            f"{shown(url.rpartition('@')[2])}"
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigurationError(f"the address can't be read: {error}") from None
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError(
            "the address holds a user name or password; give the token by itself, as token=..."
        )
    if parts.scheme not in {"http", "https"} or not host or port == 0:
        raise ConfigurationError(
            f"not an http(s) address: {shown(url)}; write it as {EXAMPLE} "
            "(for Kafka, give brokers=...)"
        )
    if parts.query or parts.fragment:
        raise ConfigurationError(f"the address may hold no query or fragment: {shown(url)}")
    return url.rstrip("/?#")


def checked_token(token: str | None) -> str | None:
    """Return the token without the line break that files and shells put around it.

    Raises:
        ConfigurationError: it can't travel in a header; the message never repeats it.
    """
    if token is None:
        return None
    if not isinstance(token, str):
        raise ConfigurationError(f"the token must be a string, got {type(token).__name__}")
    token = token.strip()
    for position, character in enumerate(token, 1):
        if not "!" <= character <= "~":
            raise ConfigurationError(
                f"the token holds {_named(character)} at position {position} of {len(token)}; "
                "give the token alone, in visible ASCII characters"
            )
    return token or None


def _named(character: str) -> str:
    if character == " ":
        return "a blank"
    if character.isprintable():
        return "a character outside ASCII"
    return f"the control character U+{ord(character):04X}"
