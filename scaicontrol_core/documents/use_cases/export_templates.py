"""Return all templates of a partner, to be kept or taken elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.templates.ports import TemplateFilter
from scaicontrol_core.documents.templates.saving import owner_of
from scaicontrol_core.documents.templates.template import DocumentTemplate
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.paging import MAX_LIMIT, PageRequest
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class ExportTemplates:
    """Return the templates in use of one partner (the actor's own, or the operator's, unless named), by name."""

    work: UnitOfWorkFactory[DocumentsWork]

    async def __call__(self, actor: Actor, partner_id: PartnerId | None = None) -> Sequence[DocumentTemplate]:
        """Return them all."""
        actor.require(Permission.ADMIN_BILLING)
        found: list[DocumentTemplate] = []
        request = PageRequest(limit=MAX_LIMIT)
        async with self.work.begin(actor, read_only=True) as work:
            wanted = TemplateFilter(partner_id=await owner_of(work, actor, partner_id))
            while True:
                page = await work.templates.list(request, wanted)
                found += page.items
                if page.next_cursor is None:
                    return found
                request = evolve(request, cursor=page.next_cursor)
