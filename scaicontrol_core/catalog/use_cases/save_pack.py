"""Offer a pack, or change one."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.catalog.catalogue_file import PackEntry
from scaicontrol_core.catalog.errors import SlugTaken
from scaicontrol_core.catalog.pack import ServicePack
from scaicontrol_core.catalog.pack_items import items_of
from scaicontrol_core.catalog.ports import CatalogWork
from scaicontrol_core.catalog.priced_pack import PricedPack, priced
from scaicontrol_core.kernel.checks import Findings
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.editing import require_version
from scaicontrol_core.kernel.errors import NotFound
from scaicontrol_core.kernel.ids import Ids, PackId
from scaicontrol_core.kernel.work import UnitOfWorkFactory

MUST_BE_NEW = 0


@frozen
class SavePack:
    """Create a pack, or replace its terms and its items wholesale; only the platform may.

    Who subscribed keeps what was bought until the next cycle. ``expected_version``:
    ``MUST_BE_NEW`` for a pack that may not exist yet, the version that was edited for one that
    must, None for either. Raises ``NotFound`` (pack of an expected version), ``SlugTaken``,
    ``Stale``, ``Invalid`` (``plan_unknown``, ``pack_items_invalid``).
    """

    work: UnitOfWorkFactory[CatalogWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, entry: PackEntry, expected_version: int | None = None) -> PricedPack:
        """Return the pack as it is now."""
        actor.require(Permission.ADMIN_REGISTRY)
        actor.require_platform()
        async with self.work.begin(actor) as work:
            findings = Findings()
            items = items_of(entry, {plan.plan_key: plan for plan in await work.plans.all()}, findings)
            findings.raise_if_any()
            pack = await work.packs.find_by_slug(entry.slug)
            if pack is not None and expected_version == MUST_BE_NEW:
                raise SlugTaken("pack", entry.slug)
            if pack is None and expected_version:
                raise NotFound.of("pack", entry.slug)
            now = self.clock.now()
            if pack is None:
                pack = ServicePack.create(PackId(self.ids.new("pck")), entry.slug, entry.terms, items or (), now)
                await work.packs.add(pack)
                await work.commit()
            else:
                require_version(expected_version, pack.version)
                pack.revise(entry.terms, items or (), now)
                if pack.has_changed:
                    await work.packs.save(pack)
                    await work.commit()
        async with self.work.begin(actor, read_only=True) as work:
            return (await priced(work, [pack]))[0]
