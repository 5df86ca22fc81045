"""List templates."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.templates.ports import TemplateFilter
from scaicontrol_core.documents.templates.template import DocumentTemplate
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.work import UnitOfWorkFactory

_ALL = TemplateFilter()


@frozen
class ListTemplates:
    """List the templates in use: a partner its own, the platform all."""

    work: UnitOfWorkFactory[DocumentsWork]

    async def __call__(
        self, actor: Actor, request: PageRequest, wanted: TemplateFilter = _ALL
    ) -> Page[DocumentTemplate]:
        """Return a page of them, by name unless ``saved_at`` is asked for."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor, read_only=True) as work:
            return await work.templates.list(request, wanted)
