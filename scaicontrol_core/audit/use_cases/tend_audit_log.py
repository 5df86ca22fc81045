"""Upkeep of the audit log: a partition for every month before its first entry comes."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.audit.ports import AuditWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.work import UnitOfWorkFactory

#: How many months have a partition before they begin.
MONTHS_AHEAD = 3


@frozen
class TendAuditLog:
    """Make partitions three months ahead, where the database has any; return how many were made."""

    work: UnitOfWorkFactory[AuditWork]
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        """Run as often as you like: what is there is left alone."""
        actor.require(Permission.ADMIN_PLATFORM)
        actor.require_platform()
        async with self.work.begin(actor) as work:
            return await work.audit_log.keep_ahead(self.clock.now().date(), months=MONTHS_AHEAD)
