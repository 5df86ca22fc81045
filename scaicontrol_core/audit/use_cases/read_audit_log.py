"""Read the audit log across everything within scope."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.audit.entry import AuditEntry
from scaicontrol_core.audit.ports import AuditFilter, AuditWork
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class ReadAuditLog:
    """Return what happened, newest first: to the platform's people anywhere, to a partner's among its own.

    What names no partner (the catalogue, runs, exchange rates) is the platform's alone.
    A resource's own history is read with that resource.
    """

    work: UnitOfWorkFactory[AuditWork]

    async def __call__(
        self, actor: Actor, request: PageRequest, criteria: AuditFilter | None = None
    ) -> Page[AuditEntry]:
        """Return the page of entries."""
        actor.require(Permission.ADMIN_PLATFORM, Permission.ADMIN_PARTNERS)
        if actor.scope.kind is not ScopeKind.PARTNER:
            actor.require(Permission.ADMIN_PLATFORM)
            actor.require_platform()
        async with self.work.begin(actor, read_only=True) as work:
            return await work.audit_log.list(request, criteria or AuditFilter())
