"""Show a template."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.templates.template import DocumentTemplate, TemplateId
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class GetTemplate:
    """Return a template as it is today; a deleted one says so. Raises ``NotFound``."""

    work: UnitOfWorkFactory[DocumentsWork]

    async def __call__(self, actor: Actor, template_id: TemplateId) -> DocumentTemplate:
        """Return it."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor, read_only=True) as work:
            return await work.templates.get(template_id)
