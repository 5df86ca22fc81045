"""Actor: who does it, what they may do, and which rows they may reach."""

from __future__ import annotations

from enum import StrEnum

from attrs import evolve, field, frozen

from scaicontrol_core.access.permission import Permission
from scaicontrol_core.access.role import TENANT_USER_PERMISSIONS, Role, effective_permissions
from scaicontrol_core.kernel.errors import Forbidden
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.scope import Scope, ScopeKind


class ActorKind(StrEnum):
    """What sort of actor it is, as the audit log names it."""

    USER = "user"
    SERVICE = "service"
    JOB = "job"
    OPERATOR = "operator"
    """A person at the command line of the operator's own machine."""
    ANONYMOUS = "anonymous"
    """Nobody we know: reads the public catalogue."""


#: No service can register under this name, so its scope holds no rows.
_NO_SERVICE = "*"


@frozen
class Actor:
    """Passed to every use case as its first argument."""

    kind: ActorKind
    subject: str
    scope: Scope
    permissions: frozenset[Permission] = frozenset()
    roles: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    request_id: str | None = field(default=None, eq=False)

    @property
    def is_super_admin(self) -> bool:
        """Tell whether every permission check is bypassed."""
        return Role.SUPER_ADMIN.value in self.roles

    def may(self, permission: Permission) -> bool:
        """Tell whether the actor holds the permission."""
        return self.is_super_admin or permission in self.permissions

    def require(self, *permissions: Permission) -> None:
        """Raise ``Forbidden`` unless the actor holds at least one of the permissions."""
        if not any(self.may(permission) for permission in permissions):
            wanted = " or ".join(permission.value for permission in permissions)
            raise Forbidden(f"This needs the permission {wanted}.", hint="Ask an administrator for a role that has it.")

    def require_platform(self) -> None:
        """Raise ``Forbidden`` unless the actor acts for the whole platform."""
        if self.scope.kind is not ScopeKind.PLATFORM:
            raise Forbidden("Only the platform's operator may do this.")

    def with_request(self, request_id: str) -> Actor:
        """Return the same actor, naming the request it acts in."""
        return evolve(self, request_id=request_id)

    @classmethod
    def system(cls, name: str) -> Actor:
        """Return a job's actor: the whole platform, named so that the audit log tells which job."""
        return cls(
            ActorKind.JOB, f"system:{name}", Scope.platform(), frozenset(Permission), frozenset({Role.SUPER_ADMIN})
        )

    @classmethod
    def operator(cls, name: str) -> Actor:
        """Return the actor of a person at the operator's command line."""
        return cls(
            ActorKind.OPERATOR, f"cli:{name}", Scope.platform(), frozenset(Permission), frozenset({Role.SUPER_ADMIN})
        )

    @classmethod
    def anonymous(cls) -> Actor:
        """Return the actor of a request without a token: no permission, and no rows that belong to anyone."""
        return cls(ActorKind.ANONYMOUS, "anonymous", Scope.service(_NO_SERVICE))

    @classmethod
    def tenant_user(cls, subject: str, tenant_id: TenantId, partner_id: PartnerId, *roles: Role) -> Actor:
        """Return a customer's user with the bundles of the given roles."""
        return cls._user(subject, Scope.tenant(tenant_id, partner_id), roles)

    @classmethod
    def partner_admin(cls, subject: str, partner_id: PartnerId) -> Actor:
        """Return a reseller's administrator."""
        return cls._user(subject, Scope.partner(partner_id), (Role.PARTNER_ADMIN,))

    @classmethod
    def _user(cls, subject: str, scope: Scope, roles: tuple[Role, ...]) -> Actor:
        names = frozenset(role.value for role in roles)
        own = TENANT_USER_PERMISSIONS if scope.kind is ScopeKind.TENANT else frozenset()
        return cls(ActorKind.USER, subject, scope, effective_permissions((), names) | own, names)
