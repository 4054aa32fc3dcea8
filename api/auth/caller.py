"""Somebody who asks, once it is known who."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from api.auth.scope import EVERYTHING, Scope
from api.problems import Refusal
from schemas.alerts import PIPELINE
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

    `actor` is what audit rows say. `expires` is Unix time, None for never;
    `key_id` names the API key, if it is one, that may be revoked meanwhile.
    """

    actor: str
    role: Role
    scope: Scope = EVERYTHING
    expires: float | None = None
    key_id: str | None = None

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
            role=self.role,
            assets=list(self.scope.globs),
            authentication=authentication,
        )


LOOPBACK: Final = Caller("anonymous@loopback", Role.ADMIN)
"""Whoever asks while authentication is off, which is on a loopback address alone."""

KEY_ACTOR: Final = "key:"
"""Starts the actor of an API key; its name follows."""
SUBJECT_ACTOR: Final = "sub:"
"""Starts the actor of a token that has no other name than its subject."""


def is_reserved(name: str) -> bool:
    """Say whether a person of this name would pass for a key, the stream or a stranger."""
    return name in {PIPELINE, LOOPBACK.actor} or name.startswith((KEY_ACTOR, SUBJECT_ACTOR))
