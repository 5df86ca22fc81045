"""Delete a plan nobody is on."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.catalog.errors import PlanInUse
from scaicontrol_core.catalog.ports import CatalogWork
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class DeletePlan:
    """Delete a plan that nobody ever was on. Raises ``NotFound`` and ``PlanInUse``.

    A subscription that is over still names its plan: its last periods may be billed yet, and
    its history is read by people.
    """

    work: UnitOfWorkFactory[CatalogWork]

    async def __call__(self, actor: Actor, plan_key: str) -> None:
        """Delete it."""
        actor.require(Permission.ADMIN_REGISTRY)
        actor.require_platform()
        async with self.work.begin(actor) as work:
            plan = await work.plans.by_key(plan_key)
            live = await work.plans.live_subscriptions(plan.id)
            if live:
                raise PlanInUse(plan_key, f"{live} live subscription{'s' if live > 1 else ''}")
            if await work.plans.was_subscribed(plan.id):
                raise PlanInUse(plan_key, "subscriptions that are over still name it")
            packs = await work.packs.containing(plan.id)
            if packs:
                raise PlanInUse(plan_key, f"it is part of the pack {packs[0]}")
            plan.delete()
            await work.plans.remove(plan)
            await work.commit()
