"""Look at one pack."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.catalog.ports import CatalogWork
from scaicontrol_core.catalog.priced_pack import PricedPack, named_pack, priced
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class GetPack:
    """Return a pack by its slug or its id, hidden or not, at today's price. Raises ``NotFound``."""

    work: UnitOfWorkFactory[CatalogWork]

    async def __call__(self, actor: Actor, name: str) -> PricedPack:
        """Return it."""
        actor.require(Permission.ADMIN_REGISTRY, Permission.ADMIN_SUBSCRIPTIONS)
        async with self.work.begin(actor, read_only=True) as work:
            return (await priced(work, [await named_pack(work, name)]))[0]
