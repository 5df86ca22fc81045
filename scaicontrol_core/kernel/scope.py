"""Scope: which rows a unit of work may see and write. Fixed when it begins, never widened."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from scaicontrol_core.kernel.ids import PartnerId, TenantId


class ScopeKind(StrEnum):
    """The levels of tenancy, and the scope of a service's own token."""

    PLATFORM = "platform"
    PARTNER = "partner"
    TENANT = "tenant"
    SERVICE = "service"


@frozen
class Scope:
    """The rows within reach; the storage adapter enforces it on reads and on writes."""

    kind: ScopeKind
    partner_id: PartnerId | None = None
    tenant_id: TenantId | None = None
    app_id: str | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse a scope that lacks the id which bounds it."""
        bound = {
            ScopeKind.PLATFORM: "everything",
            ScopeKind.PARTNER: self.partner_id,
            ScopeKind.TENANT: self.tenant_id,
            ScopeKind.SERVICE: self.app_id,
        }[self.kind]
        if not bound:
            raise ValueError(f"a {self.kind} scope needs its id")

    @classmethod
    def platform(cls) -> Scope:
        """Everything: the operator and its jobs."""
        return cls(ScopeKind.PLATFORM)

    @classmethod
    def partner(cls, partner_id: PartnerId) -> Scope:
        """One partner: its own row and the rows of its tenants."""
        return cls(ScopeKind.PARTNER, partner_id=partner_id)

    @classmethod
    def tenant(cls, tenant_id: TenantId, partner_id: PartnerId | None = None) -> Scope:
        """One tenant's rows."""
        return cls(ScopeKind.TENANT, partner_id=partner_id, tenant_id=tenant_id)

    @classmethod
    def service(cls, app_id: str) -> Scope:
        """One registered service's own rows."""
        return cls(ScopeKind.SERVICE, app_id=app_id)

    def covers(self, *, partner_id: str | None, tenant_id: str | None) -> bool:
        """Tell whether a row that names these owners lies within the scope."""
        if self.kind is ScopeKind.PLATFORM:
            return True
        if self.kind is ScopeKind.PARTNER:
            return partner_id == self.partner_id
        if self.kind is ScopeKind.TENANT:
            return tenant_id == self.tenant_id
        return False
