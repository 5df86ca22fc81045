"""Set a tenant's billing profile as a whole."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.editing import require_version
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.billing_profile import BillingDetails, BillingProfile
from scaicontrol_core.tenancy.errors import TaxExemptionForbidden
from scaicontrol_core.tenancy.ports import TenancyWork, VatNumberCheck
from scaicontrol_core.tenancy.vat_numbers import checked_buyer


@frozen
class SetBillingProfile:
    """Create or replace the billing profile: by the tenant itself, or by an administrator.

    The first one announces ``tenant.billing_linked.v1``, an edit ``tenant.billing_updated.v1``,
    the same again nothing. A customer can't exempt itself from VAT. Raises ``NotFound``
    (tenant), ``Stale``, ``Invalid`` (VAT number), ``TaxExemptionForbidden``.
    """

    work: UnitOfWorkFactory[TenancyWork]
    clock: Clock
    vat_numbers: VatNumberCheck

    async def __call__(
        self, actor: Actor, tenant_id: TenantId, details: BillingDetails, expected_version: int | None = None
    ) -> BillingProfile:
        """Return the profile as it is now."""
        actor.require(Permission.ADMIN_TENANTS, Permission.BILLING_MANAGE)
        typed, details = details.vat_number, checked_buyer(details, self.vat_numbers)
        now = self.clock.now()
        async with self.work.begin(actor) as work:
            tenant = await work.tenants.get(tenant_id)
            present = await work.billing_profiles.find(tenant.id)
            require_version(expected_version, present.version if present else 0)
            _require_exemption_granted(actor, present, details)
            if present is None:
                present = BillingProfile.create(tenant.id, tenant.partner_id, details, now, typed=typed)
                await work.billing_profiles.add(present)
                await work.commit()
                return present
            present.change(details, now, typed=typed)
            if present.has_changed:
                await work.billing_profiles.save(present)
                await work.commit()
        return present


def _require_exemption_granted(actor: Actor, present: BillingProfile | None, details: BillingDetails) -> None:
    granted = present is not None and present.details.tax_exempt
    if actor.scope.kind is ScopeKind.TENANT and details.tax_exempt and not granted:
        raise TaxExemptionForbidden
