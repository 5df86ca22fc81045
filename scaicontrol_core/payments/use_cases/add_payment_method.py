"""Record a mandate that a customer signed."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import Ids, PaymentMethodId, TenantId
from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.payments.defaulting import replace_default
from scaicontrol_core.payments.errors import TooManyPaymentMethods
from scaicontrol_core.payments.method_input import NewPaymentMethod, require_signed
from scaicontrol_core.payments.payment_method import MAX_METHODS, ShownMethod, StoredMethod, shown
from scaicontrol_core.payments.ports import PaymentsWork
from scaicontrol_core.tenancy.selling import seller_for


@frozen
class AddPaymentMethod:
    """Record a SEPA direct debit mandate given to whoever sells to the tenant now.

    Raises ``NotFound`` (tenant), ``Invalid`` (a day to come by the seller's calendar), ``MandateReferenceTaken``,
    ``TooManyPaymentMethods``.
    """

    work: UnitOfWorkFactory[PaymentsWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, tenant_id: TenantId, wanted: NewPaymentMethod) -> ShownMethod:
        """Return it, its account masked."""
        actor.require(Permission.ADMIN_BILLING, Permission.BILLING_MANAGE)
        now = self.clock.now()
        async with self.work.begin(actor) as work:
            tenant = await work.tenants.get(tenant_id)
            seller = seller_for(*await work.sellers.own_and_operator(tenant.partner_id))
            require_signed(wanted.signed_on, local_date(now, seller.configuration.billing_timezone))
            present = await work.payment_methods.of_tenant(tenant_id)
            if len(present) >= MAX_METHODS:
                raise TooManyPaymentMethods(MAX_METHODS)
            method = StoredMethod(
                id=PaymentMethodId(self.ids.new("pmd")),
                partner_id=tenant.partner_id,
                tenant_id=tenant.id,
                seller_id=seller.id,
                mandate_reference=wanted.mandate_reference,
                debtor_name=wanted.debtor_name,
                iban=wanted.iban,
                bic=wanted.bic,
                signed_on=wanted.signed_on,
                created_at=now,
            ).record_creation()
            if wanted.make_default:
                await replace_default(work, present)
                method.make_default()
            await work.payment_methods.add(method)
            await work.commit()
        return shown(method)
