import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.channels.sealing import SealError, Sealing, new_key
from pipeline.settings import Settings, SettingsError, load_settings

OLD, NEW = new_key(), new_key()


def sealing(*keys: str) -> Sealing:
    return Sealing(Settings(secret_key=",".join(keys) or None))


@given(st.text(max_size=50))
def test_what_was_sealed_opens_and_is_not_to_be_seen(text: str) -> None:
    sealed = sealing(OLD).seal(text)
    assert sealing(OLD).open(sealed) == text
    assert len(text) < 4 or text.encode() not in sealed


def test_keys_rotate() -> None:
    sealed = sealing(OLD).seal("slack://token")
    assert sealing(NEW, OLD).open(sealed) == "slack://token"
    renewed = sealing(NEW, OLD).renew(sealed)
    assert sealing(NEW).open(renewed) == "slack://token"


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(SealError, match="a key that TIDEMARK_SECRET_KEY does not hold"):
        sealing(NEW).open(sealing(OLD).seal("x"))


def test_without_a_key_nothing_is_sealed() -> None:
    with pytest.raises(SealError, match="TIDEMARK_SECRET_KEY is not set"):
        sealing().seal("x")


@pytest.mark.parametrize("key", ["secret", f"{OLD},", f"{OLD},{NEW[:-4]}", "é" * 44])
def test_a_key_that_is_none_is_refused_at_the_start(key: str) -> None:
    with pytest.raises(SettingsError, match="TIDEMARK_SECRET_KEY: must be Fernet keys"):
        load_settings(secret_key=key)
