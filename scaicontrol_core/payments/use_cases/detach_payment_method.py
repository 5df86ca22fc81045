"""Take back what a customer pays with."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import PaymentMethodId, TenantId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.payments.defaulting import own_method
from scaicontrol_core.payments.payment_method import ShownMethod, shown
from scaicontrol_core.payments.ports import PaymentsWork


@frozen
class DetachPaymentMethod:
    """Let nobody collect by a mandate any more, for good; was it the default, bank transfer is.

    It stays on record, as what was collected by it may be disputed. Raises ``NotFound``, ``InvalidTransition``.
    """

    work: UnitOfWorkFactory[PaymentsWork]
    clock: Clock

    async def __call__(self, actor: Actor, tenant_id: TenantId, method_id: PaymentMethodId) -> ShownMethod:
        """Return it as it is now."""
        actor.require(Permission.ADMIN_BILLING, Permission.BILLING_MANAGE)
        async with self.work.begin(actor) as work:
            method = await own_method(work, tenant_id, method_id)
            method.detach(self.clock.now())
            await work.payment_methods.save(method)
            await work.commit()
        return shown(method)
