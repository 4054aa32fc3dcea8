"""WebSocket text frames, made once for all who get them (RFC 6455, section 5.2)."""

import struct
from typing import Final

_FINAL_TEXT: Final = 0x81


def text_frame(text: bytes) -> bytes:
    """Return an unmasked, unfragmented text frame, as a server sends it."""
    size = len(text)
    if size < 126:
        return bytes((_FINAL_TEXT, size)) + text
    if size < 0x1_0000:
        return struct.pack("!BBH", _FINAL_TEXT, 126, size) + text
    return struct.pack("!BBQ", _FINAL_TEXT, 127, size) + text


def frame_text(frame: bytes) -> str:
    """Return the text in a frame of `text_frame`."""
    header = {126: 4, 127: 10}.get(frame[1], 2)
    return frame[header:].decode()
