"""Say what a tenant may use of one service: the one call that a service makes to enforce it."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access import Actor, Permission
from scaicontrol_core.entitlements.entitlement import Entitlement
from scaicontrol_core.entitlements.kept import KeptEntitlements
from scaicontrol_core.entitlements.looking_up import look_up, services_of
from scaicontrol_core.entitlements.ports import EntitlementsWork
from scaicontrol_core.kernel.errors import Forbidden, NotFound
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class Fresh:
    """An entitlement, and how many milliseconds it may still be relied upon."""

    entitlement: Entitlement
    left: int


@frozen
class ReadEntitlement:
    """Return a tenant's entitlement to a service; without a subscription it is one that entitles to nothing.

    A service may ask about itself, whoever the tenant; a tenant about itself; others about
    tenants within their scope. Raises ``NotFound`` (``tenant_not_found``, ``service_not_found``)
    and ``Forbidden`` (``not_your_service``, ``service_unknown``).
    """

    work: UnitOfWorkFactory[EntitlementsWork]
    kept_entitlements: KeptEntitlements

    async def __call__(self, actor: Actor, tenant_id: TenantId, service: str) -> Fresh:
        """Return it, at most as old as the cache may be."""
        actor.require(Permission.REGISTRY_MANAGE, Permission.SUBSCRIPTIONS_READ, Permission.ADMIN_SUBSCRIPTIONS)
        found = await look_up(self.work, self.kept_entitlements, actor, tenant_id)
        own = services_of(actor, found)
        if service not in found.owners:
            raise NotFound.of("service", service)
        if service not in own:
            raise Forbidden(
                "A service may ask about itself alone.",
                code="not_your_service",
                hint=f"This token is of {', '.join(sorted(own))}.",
            )
        return Fresh(found.of(service), found.left)
