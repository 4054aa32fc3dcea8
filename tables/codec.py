"""Bytes of the state: a version byte, then the state as a MessagePack array.

Fields are only ever appended, with a default, so a version reads what all
before it wrote; the version byte is for the day that does not suffice.
`tests/unit/data/` keeps a sample of every version ever released.
"""

from typing import Final

from msgspec.msgpack import Decoder, Encoder

from pipeline.operators.state import AssetState, Liveness

VERSION: Final = b"\x01"

_encode: Final = Encoder().encode
_decode_state: Final = Decoder(AssetState).decode
_decode_liveness: Final = Decoder(Liveness).decode


class UnknownStateVersionError(ValueError):
    """The state was written by a later release; this one must not touch it."""


def encode(state: AssetState) -> bytes:
    """Return the bytes of `state`."""
    return VERSION + _encode(state)


def decode(raw: bytes) -> AssetState:
    """Return the state in `raw`.

    Raises:
        UnknownStateVersionError: written by a later release.
    """
    return _decode_state(_body(raw))


def decode_liveness(raw: bytes) -> Liveness:
    """Return the leading fields of the state in `raw`, at a fraction of the cost.

    Raises:
        UnknownStateVersionError: written by a later release.
    """
    return _decode_liveness(_body(raw))


def _body(raw: bytes) -> memoryview:
    if raw[:1] != VERSION:
        raise UnknownStateVersionError(
            f"state version {raw[0] if raw else 'none'}, this release knows {VERSION[0]}"
        )
    return memoryview(raw)[1:]
