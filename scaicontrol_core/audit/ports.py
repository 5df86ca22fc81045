"""What readers of the audit log need from the outside."""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol

from attrs import frozen

from scaicontrol_core.audit.entry import AuditEntry
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.paging import Page, PageRequest, Sorting
from scaicontrol_core.kernel.work import UnitOfWork

ENTRIES = Sorting("audit_log", ("occurred_at",), "-occurred_at")


@frozen(kw_only=True)
class AuditFilter:
    """Narrows the log; None lets all pass, no ``actions`` all of them. ``since`` is included, ``until`` is not; UTC."""

    resource_type: str | None = None
    resource_id: str | None = None
    action: str | None = None
    actions: tuple[str, ...] = ()
    user_id: str | None = None
    actor_kind: str | None = None
    request_id: str | None = None
    partner_id: PartnerId | None = None
    tenant_id: TenantId | None = None
    since: datetime | None = None
    until: datetime | None = None


class AuditLog(Protocol):
    """Reads the audit log; nothing writes it but a commit."""

    async def history(self, resource_type: str, resource_id: str, page: PageRequest) -> Page[AuditEntry]:
        """Return a resource's entries, newest first."""
        ...

    async def list(self, request: PageRequest, criteria: AuditFilter) -> Page[AuditEntry]:
        """Return part of all entries within scope that the filter lets pass, newest first."""
        ...

    async def knows(self, resource_type: str, resource_id: str) -> bool:
        """Tell whether a thing is within scope: it is there, or was and has entries."""
        ...

    async def keep_ahead(self, today: date, *, months: int) -> int:
        """Make sure that partitions reach ``months`` ahead, where the database has any; return how many were made.

        Alone in its unit of work: such a statement commits at once.
        """
        ...


class AuditWork(UnitOfWork, Protocol):
    """A unit of work that reads the log."""

    @property
    def audit_log(self) -> AuditLog:
        """The audit log."""
        ...
