"""Import a catalogue file."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.catalog.catalogue_diff import CatalogueChange, diff, omitted
from scaicontrol_core.catalog.catalogue_file import catalogue_of, read_catalogue
from scaicontrol_core.catalog.catalogue_merge import CatalogueMerge
from scaicontrol_core.catalog.ports import CatalogWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import Ids
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen(kw_only=True)
class ImportResult:
    """What was (or, in a dry run, would be) changed.

    ``omitted`` names what exists and the file doesn't mention: it stays as it is. To stop
    selling something, say ``is_active: false``.
    """

    changes: tuple[CatalogueChange, ...]
    omitted: tuple[str, ...]
    dry_run: bool


@frozen
class ImportCatalogue:
    """Make the catalogue what the file says, by slug: all of it, or nothing.

    The same file again changes nothing. Raises ``Invalid`` with a pointer to every fault, and
    ``AppIdTaken``.
    """

    work: UnitOfWorkFactory[CatalogWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, raw: object, *, dry_run: bool = False) -> ImportResult:
        """Return what changed; ``raw`` is the file's plain value."""
        actor.require(Permission.ADMIN_REGISTRY)
        actor.require_platform()
        wanted = read_catalogue(raw)
        async with self.work.begin(actor, read_only=dry_run) as work:
            services, plans, packs = await work.services.all(), await work.plans.all(), await work.packs.all()
            current = catalogue_of(services, plans, packs)
            merge = CatalogueMerge(services, plans, packs, self.ids, self.clock.now())
            merge.apply(wanted)
            changes = diff(current, wanted)
            if changes and not dry_run:
                await _store(work, merge)
                await work.commit()
        return ImportResult(changes=changes, omitted=omitted(current, wanted), dry_run=dry_run)


async def _store(work: CatalogWork, merge: CatalogueMerge) -> None:
    for service in merge.services.values():
        if service.has_changed:
            await (work.services.save(service) if service.version else work.services.add(service))
    for plan in merge.plans.values():
        if plan.has_changed:
            await (work.plans.save(plan) if plan.version else work.plans.add(plan))
    for pack in merge.packs.values():
        if pack.has_changed:
            await (work.packs.save(pack) if pack.version else work.packs.add(pack))
