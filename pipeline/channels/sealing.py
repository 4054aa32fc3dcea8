"""Sealing: secrets are encrypted where they are kept (Fernet, keys that rotate)."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from pipeline.settings import Settings


class SealError(ValueError):
    """A secret can't be sealed or opened; the message says what to do."""


class Sealing:
    """Seals secrets with the first of the keys and opens them with any."""

    def __init__(self, settings: Settings) -> None:
        keys = settings.secret_key
        self._fernet = (
            MultiFernet([Fernet(key) for key in keys.get_secret_value().split(",")])
            if keys
            else None
        )

    def seal(self, text: str) -> bytes:
        """Return `text` encrypted.

        Raises:
            SealError: there is no key.
        """
        return self._keys().encrypt(text.encode())

    def open(self, sealed: bytes) -> str:
        """Return what was sealed.

        Raises:
            SealError: it was sealed with a key that is not here.
        """
        try:
            return self._keys().decrypt(sealed).decode()
        except InvalidToken:
            raise SealError(
                "it was encrypted with a key that TIDEMARK_SECRET_KEY does not hold"
            ) from None

    def renew(self, sealed: bytes) -> bytes:
        """Return the same, sealed with the first key.

        Raises:
            SealError: it was sealed with a key that is not here.
        """
        return self.seal(self.open(sealed))

    def _keys(self) -> MultiFernet:
        if self._fernet is None:
            raise SealError(
                "TIDEMARK_SECRET_KEY is not set: channels' addresses are kept encrypted; "
                "make a key with `tidemark notify new-key`"
            )
        return self._fernet


def new_key() -> str:
    """Return a fresh key for TIDEMARK_SECRET_KEY."""
    return Fernet.generate_key().decode()
