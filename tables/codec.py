"""Bytes of the state: a version byte, then the state as a MessagePack array.

Fields are only ever appended, with a default, so a version reads what all
before it wrote; the version byte is for the day that does not suffice.
`tests/unit/data/` keeps a sample of every version ever released.
"""

from typing import Final

from msgspec import DecodeError
from msgspec.msgpack import Decoder, Encoder

from pipeline.operators.state import AssetState, Liveness

VERSION: Final = b"\x01"
LAST_VERSION: Final = 0x1F
"""A first byte above it is no version: no text begins with one up to it."""

_encode: Final = Encoder().encode
_decode_state: Final = Decoder(AssetState).decode
_decode_liveness: Final = Decoder(Liveness).decode


class UnknownStateVersionError(ValueError):
    """The state was written by a later release; this one must not touch it."""


class CorruptStateError(ValueError):
    """What should be a state is none, of no version."""


def encode(state: AssetState) -> bytes:
    """Return the bytes of `state`."""
    return VERSION + _encode(state)


def decode(raw: bytes) -> AssetState:
    """Return the state in `raw`.

    Raises:
        UnknownStateVersionError: written by a later release.
        CorruptStateError: it is no state.
    """
    try:
        return _decode_state(_body(raw))
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CorruptStateError(str(error)) from None


def decode_liveness(raw: bytes) -> Liveness:
    """Return the leading fields of the state in `raw`, at a fraction of the cost.

    Raises:
        UnknownStateVersionError: written by a later release.
        CorruptStateError: it is no state.
    """
    try:
        return _decode_liveness(_body(raw))
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CorruptStateError(str(error)) from None


def _body(raw: bytes) -> memoryview:
    if raw[:1] != VERSION:
        if not raw or not VERSION[0] < raw[0] <= LAST_VERSION:
            raise CorruptStateError(f"no version leads {raw[:8]!r}")
        raise UnknownStateVersionError(f"state version {raw[0]}, this release knows {VERSION[0]}")
    return memoryview(raw)[1:]
