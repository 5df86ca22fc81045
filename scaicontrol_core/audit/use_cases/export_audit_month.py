"""Read a month of the audit log to archive it."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.audit.archive import ArchivePart, bounds, line, require_month
from scaicontrol_core.audit.ports import AuditFilter, AuditWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.paging import MAX_LIMIT, PageRequest
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class ExportAuditMonth:
    """Return a month part by part, oldest entry first, as lines of a file that never differs from itself.

    Raises ``Conflict`` (``audit_month_open``) for a month that is not over, in UTC.
    """

    work: UnitOfWorkFactory[AuditWork]
    clock: Clock

    async def __call__(self, actor: Actor, month: Period, cursor: str | None = None) -> ArchivePart:
        """Return the part after a cursor; without one, the first."""
        actor.require(Permission.ADMIN_PLATFORM)
        actor.require_platform()
        since, until = bounds(require_month(month), self.clock.now())
        wanted = PageRequest(limit=MAX_LIMIT, cursor=cursor, sort="occurred_at")
        async with self.work.begin(actor, read_only=True) as work:
            page = await work.audit_log.list(wanted, AuditFilter(since=since, until=until))
        return ArchivePart(tuple(line(entry) for entry in page.items), page.next_cursor)
