"""Change a partner's name or configuration, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Factory, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.editing import UNSET, Unset, require_version
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.branding import require_own_assets
from scaicontrol_core.tenancy.errors import ContractFieldsForbidden
from scaicontrol_core.tenancy.partner import Partner
from scaicontrol_core.tenancy.ports import TenancyWork, VatNumberCheck
from scaicontrol_core.tenancy.seller import CONTRACT_FIELDS, PartnerConfiguration
from scaicontrol_core.tenancy.vat_numbers import checked_seller


@frozen(kw_only=True)
class PartnerChanges:
    """A partial change: ``configuration`` names only the fields to replace (None empties one)."""

    name: str | Unset = UNSET
    configuration: Mapping[str, Any] = Factory(dict)
    expected_version: int | None = None


@frozen
class ConfigurePartner:
    """Apply a partial change to a partner.

    A reseller may change its own partner, except what its contract says (billing model,
    commission, what it may sell). Raises ``NotFound``, ``Stale``, ``Invalid``,
    ``InvoicePrefixTaken``, ``ContractFieldsForbidden``.
    """

    work: UnitOfWorkFactory[TenancyWork]
    clock: Clock
    vat_numbers: VatNumberCheck

    async def __call__(self, actor: Actor, partner_id: PartnerId, changes: PartnerChanges) -> Partner:
        """Return the partner as it is now."""
        actor.require(Permission.ADMIN_PARTNERS)
        async with self.work.begin(actor) as work:
            partner = await work.partners.get(partner_id)
            require_version(changes.expected_version, partner.version)
            wanted = checked_seller(partner.configuration.amended(changes.configuration), self.vat_numbers)
            _require_contract_kept(actor, partner.configuration, wanted)
            await require_own_assets(work.brand_assets, partner.id, wanted, partner.configuration)
            if changes.name is not UNSET:
                partner.rename(changes.name)
            partner.configure(wanted, self.clock.now())
            if partner.has_changed:
                await work.partners.save(partner)
                await work.commit()
        return partner


def _require_contract_kept(actor: Actor, present: PartnerConfiguration, wanted: PartnerConfiguration) -> None:
    if actor.scope.kind is ScopeKind.PLATFORM:
        return
    touched = tuple(name for name in CONTRACT_FIELDS if getattr(present, name) != getattr(wanted, name))
    if touched:
        raise ContractFieldsForbidden(touched)
