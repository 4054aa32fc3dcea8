"""Bytes to text: what is not UTF-8 is refused by its name."""

from typing import Final

from feeds.document import Fault, Malformed

UTF8_BOM: Final = b"\xef\xbb\xbf"
# UTF-32's little-endian mark begins with UTF-16's.
MARKS: Final = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
PACKED: Final = (
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "zip"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"PAR1", "Parquet"),
)


def text_bytes(body: bytes) -> bytes:
    """Return the bytes of a text without its byte order mark; the lines may still be bad UTF-8.

    Raises:
        Malformed: they are empty, of another encoding, or packed.
    """
    for signature, name in PACKED:
        if body.startswith(signature):
            raise Malformed(Fault(f"the document is {name} data, not text: unpack it first"))
    encoding = _wide(body[:4])
    if encoding is not None:
        raise Malformed(Fault(f"the document is {encoding}, not UTF-8: save it as UTF-8"))
    text = body.removeprefix(UTF8_BOM)
    if not text.strip():
        raise Malformed(Fault("the document is empty"))
    return text


def checked_text(body: bytes) -> str:
    """Return the text of a document.

    Raises:
        Malformed: see `text_bytes`, or it is not UTF-8.
    """
    text = text_bytes(body)
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise Malformed(Fault(f"not UTF-8: {error.reason}", line=line)) from None


def _wide(start: bytes) -> str | None:
    """Name the encoding of a text of 16 or 32 bits a unit, by its mark or by its zeros."""
    for mark, name in MARKS:
        if start.startswith(mark):
            return name
    if len(start) < 2 or start.count(0) == 0:
        return None
    if len(start) == 4 and start.count(0) == 3:
        return "UTF-32"
    return "UTF-16" if start[:2].count(0) == 1 else None
