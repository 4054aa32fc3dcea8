import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from api.live.frames import frame_text, text_frame


@given(st.text(max_size=300))
def test_is_what_a_well_kept_library_writes(text: str) -> None:
    data = text.encode()
    assert text_frame(data) == Frame(Opcode.TEXT, data).serialize(mask=False)
    assert frame_text(text_frame(data)) == text


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536, 200_000])
def test_every_length_field(size: int) -> None:
    data = b"x" * size
    assert text_frame(data) == Frame(Opcode.TEXT, data).serialize(mask=False)
    assert frame_text(text_frame(data)) == data.decode()
