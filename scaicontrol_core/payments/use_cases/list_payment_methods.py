"""List what a customer can pay with."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.payments.lifecycle import MethodStatus
from scaicontrol_core.payments.payment_method import ShownMethod, bank_transfer, shown
from scaicontrol_core.payments.ports import PaymentsWork
from scaicontrol_core.tenancy.selling import seller_for


@frozen
class ListPaymentMethods:
    """Return a tenant's ways to pay: bank transfer, which it always has, then mandates, newest first.

    Without ``status`` those in use; with ``detached`` those that were. Raises ``NotFound``.
    """

    work: UnitOfWorkFactory[PaymentsWork]

    async def __call__(
        self, actor: Actor, tenant_id: TenantId, status: MethodStatus | None = None
    ) -> tuple[ShownMethod, ...]:
        """Return them, accounts of customers masked."""
        actor.require(Permission.ADMIN_BILLING, Permission.BILLING_READ)
        wanted = status or MethodStatus.ACTIVE
        async with self.work.begin(actor, read_only=True) as work:
            tenant = await work.tenants.get(tenant_id)
            seller = seller_for(*await work.sellers.own_and_operator(tenant.partner_id))
            methods = await work.payment_methods.of_tenant(tenant_id)
        found = tuple(shown(each) for each in methods if each.status is wanted)
        if wanted is not MethodStatus.ACTIVE:
            return found
        is_default = not any(each.is_default for each in methods)
        return (bank_transfer(tenant_id, seller, is_default=is_default), *found)
