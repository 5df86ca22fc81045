"""Export the catalogue as a file."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.catalog.catalogue_file import catalogue_of, write_catalogue
from scaicontrol_core.catalog.ports import CatalogWork
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class ExportCatalogue:
    """Return the plain value of a file that, imported again, changes nothing."""

    work: UnitOfWorkFactory[CatalogWork]

    async def __call__(self, actor: Actor) -> dict[str, Any]:
        """Return objects and lists, ready to be written as YAML or JSON."""
        actor.require(Permission.ADMIN_REGISTRY)
        async with self.work.begin(actor, read_only=True) as work:
            services, plans, packs = await work.services.all(), await work.plans.all(), await work.packs.all()
        return write_catalogue(catalogue_of(services, plans, packs))
