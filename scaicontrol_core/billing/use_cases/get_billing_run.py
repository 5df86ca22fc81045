"""Read one billing run."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.billing.run_report import RunReport, report_of
from scaicontrol_core.kernel.ids import RunId
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class GetBillingRun:
    """Return a run with its workers and what they did so far, or raise ``NotFound``."""

    work: UnitOfWorkFactory[BillingWork]

    async def __call__(self, actor: Actor, run_id: RunId) -> RunReport:
        """Return it."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor, read_only=True) as work:
            return await report_of(work, run_id)
