"""Stop selling a plan."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.catalog.plan import Plan
from scaicontrol_core.catalog.ports import CatalogWork
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class DeactivatePlan:
    """Take a plan out of the catalogue; what runs on it goes on. Raises ``NotFound``."""

    work: UnitOfWorkFactory[CatalogWork]

    async def __call__(self, actor: Actor, plan_key: str) -> Plan:
        """Return the plan, inactive and not public."""
        actor.require(Permission.ADMIN_REGISTRY)
        actor.require_platform()
        async with self.work.begin(actor) as work:
            plan = await work.plans.by_key(plan_key)
            plan.deactivate()
            if plan.has_changed:
                await work.plans.save(plan)
                await work.commit()
        return plan
