"""Say what a tenant may use, of all services."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from scaicontrol_core.access import Actor, Permission
from scaicontrol_core.entitlements.entitlement import Entitlement
from scaicontrol_core.entitlements.kept import KeptEntitlements
from scaicontrol_core.entitlements.looking_up import look_up, services_of
from scaicontrol_core.entitlements.ports import EntitlementsWork
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class FreshList:
    """Entitlements, and how many milliseconds they may still be relied upon."""

    entitlements: Sequence[Entitlement]
    left: int


@frozen
class ListEntitlements:
    """Return the entitlement to each service that the tenant has a live subscription to.

    A service's own token sees its services among them. Raises ``NotFound`` (``tenant_not_found``).
    """

    work: UnitOfWorkFactory[EntitlementsWork]
    kept_entitlements: KeptEntitlements

    async def __call__(self, actor: Actor, tenant_id: TenantId) -> FreshList:
        """Return them in the order of the catalogue, at most as old as the cache may be."""
        actor.require(Permission.REGISTRY_MANAGE, Permission.SUBSCRIPTIONS_READ, Permission.ADMIN_SUBSCRIPTIONS)
        found = await look_up(self.work, self.kept_entitlements, actor, tenant_id)
        own = services_of(actor, found)
        return FreshList([found.of(slug) for slug in found.by_service if slug in own], found.left)
