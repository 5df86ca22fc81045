"""Write a tenant's statement of account."""

from __future__ import annotations

from datetime import date

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.statement import Statement
from scaicontrol_core.documents.stating import account_statement
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.payments.ports import PaymentsWork


@frozen
class StateAccount:
    """Return what a tenant was charged, credited and paid in a period, and the balances around it.

    Raises as ``account_statement`` does.
    """

    work: UnitOfWorkFactory[PaymentsWork]
    clock: Clock

    async def __call__(
        self, actor: Actor, tenant_id: TenantId, first: date | None = None, last: date | None = None
    ) -> Statement:
        """Return the statement from the first to the last day, both included."""
        actor.require(Permission.ADMIN_BILLING, Permission.BILLING_READ)
        async with self.work.begin(actor, read_only=True) as work:
            return await account_statement(work, tenant_id, self.clock.now(), first, last)
