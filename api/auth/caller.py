"""Somebody who asks, once it is known who."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from api.auth.scope import EVERYTHING, Scope
from api.problems import Refusal
from schemas.problems import ProblemCode
from schemas.rest import Identity, Role


class Permission(StrEnum):
    """What an endpoint or message asks of its caller."""

    READ = "read"
    STEP = "step"
    INGEST = "ingest"
    KNOWN = "known"
    """Any caller that is authenticated."""


ROLES: Final[dict[Role, frozenset[Permission]]] = {
    Role.VIEWER: frozenset({Permission.KNOWN, Permission.READ}),
    Role.OPERATOR: frozenset({Permission.KNOWN, Permission.READ, Permission.STEP}),
    Role.INGESTER: frozenset({Permission.KNOWN, Permission.INGEST}),
    Role.ADMIN: frozenset(Permission),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, what they may do and on which assets.

    `actor` is who it is, for ever and for nobody else: `key:NAME/ID`, `oidc:ISSUER#SUBJECT`.
    What people keep belongs to it. `name` is what people call them; nothing rests on it.
    `expires` is Unix time, None for never; `key_id` names the API key, `issuer_key`
    the key of the issuer that signed the token: either may be revoked meanwhile.
    """

    actor: str
    role: Role
    scope: Scope = EVERYTHING
    expires: float | None = None
    key_id: str | None = None
    issuer_key: str | None = None
    name: str = ""

    @property
    def label(self) -> str:
        """What audits say: the name, and whose it is beyond doubt."""
        # The last brackets enclose what is beyond doubt, so a name has none.
        return f"{self.name.translate(_NO_BRACKETS)} ({self.actor})" if self.name else self.actor

    def may(self, permission: Permission) -> bool:
        """Say whether the role grants `permission`."""
        return permission in ROLES[self.role]

    def require(self, permission: Permission) -> None:
        """Refuse unless the role grants `permission`.

        Raises:
            Refusal: it does not.
        """
        if not self.may(permission):
            raise Refusal(
                ProblemCode.NOT_ALLOWED, f"the role {self.role} does not allow to {permission}"
            )

    @property
    def may_all(self) -> bool:
        """Whether what others keep is theirs to see too: an admin not bound to assets."""
        return self.role == Role.ADMIN and self.scope.everything

    def identity(self, *, authentication: bool) -> Identity:
        """Return the caller as it is told."""
        return Identity(
            actor=self.actor,
            name=self.name or self.actor,
            role=self.role,
            assets=list(self.scope.globs),
            authentication=authentication,
        )


LOOPBACK: Final = Caller("anonymous@loopback", Role.ADMIN)
"""Whoever asks while authentication is off, which is on a loopback address alone."""

_NO_BRACKETS: Final = str.maketrans("()", "[]")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def key_actor(name: str, key_id: str) -> str:
    """Return the actor of an API key. A later key of the same name is somebody else."""
    return f"key:{name}/{key_id}"


def oidc_actor(issuer: str, subject: str) -> str:
    """Return the actor of a token: a subject is unique within its issuer alone."""
    return f"oidc:{issuer}#{subject}"


def is_clean(text: str) -> bool:
    """Say whether text has no character that is not seen, which could make it pass for another."""
    return not any(unicodedata.category(character) in _UNSEEN for character in text)
