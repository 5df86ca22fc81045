"""Read what a tenant owes and has to its credit."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.payments.balances import Balance, balances_of
from scaicontrol_core.payments.ports import PaymentsWork


@frozen
class ReadBalances:
    """Return a tenant's balances by seller and currency; nothing where all is settled. Raises ``NotFound``."""

    work: UnitOfWorkFactory[PaymentsWork]
    clock: Clock

    async def __call__(self, actor: Actor, tenant_id: TenantId) -> tuple[Balance, ...]:
        """Return the balances as they are now."""
        actor.require(Permission.ADMIN_BILLING, Permission.BILLING_READ)
        now = self.clock.now()
        async with self.work.begin(actor, read_only=True) as work:
            tenant = await work.tenants.get(tenant_id)
            own, operator = await work.sellers.own_and_operator(tenant.partner_id)
            items = await work.receivables.of_tenant(tenant_id)
        sellers = [each for each in (own, operator) if each is not None]
        return balances_of(items, {each.id: local_date(now, each.configuration.billing_timezone) for each in sellers})
