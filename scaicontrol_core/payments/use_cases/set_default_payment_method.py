"""Choose what a customer pays with unless said otherwise."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.ids import PaymentMethodId, TenantId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.payments.defaulting import own_method, replace_default
from scaicontrol_core.payments.payment_method import ShownMethod, shown
from scaicontrol_core.payments.ports import PaymentsWork


@frozen
class SetDefaultPaymentMethod:
    """Make a mandate the default in place of the one before, or no default any more: bank transfer then.

    What is so already changes nothing. Raises ``NotFound``, ``PaymentMethodDetached``.
    """

    work: UnitOfWorkFactory[PaymentsWork]

    async def __call__(
        self, actor: Actor, tenant_id: TenantId, method_id: PaymentMethodId, *, is_default: bool = True
    ) -> ShownMethod:
        """Return it as it is now."""
        actor.require(Permission.ADMIN_BILLING, Permission.BILLING_MANAGE)
        async with self.work.begin(actor) as work:
            method = await own_method(work, tenant_id, method_id)
            before = method.is_default
            if is_default:
                method.make_default()
            else:
                method.clear_default()
            if method.is_default == before:
                return shown(method)
            if is_default:
                await replace_default(work, await work.payment_methods.of_tenant(tenant_id))
            await work.payment_methods.save(method)
            await work.commit()
        return shown(method)
