"""Stop selling a pack."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.catalog.ports import CatalogWork
from scaicontrol_core.catalog.priced_pack import PricedPack, named_pack, priced
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class DeactivatePack:
    """Take a pack, by slug or id, out of the catalogue; who has it keeps it. Raises ``NotFound``."""

    work: UnitOfWorkFactory[CatalogWork]

    async def __call__(self, actor: Actor, name: str) -> PricedPack:
        """Return the pack, inactive and not public; a repeat changes nothing."""
        actor.require(Permission.ADMIN_REGISTRY)
        actor.require_platform()
        async with self.work.begin(actor) as work:
            pack = await named_pack(work, name)
            found = (await priced(work, [pack]))[0]
            pack.deactivate()
            if pack.has_changed:
                await work.packs.save(pack)
                await work.commit()
        return found
