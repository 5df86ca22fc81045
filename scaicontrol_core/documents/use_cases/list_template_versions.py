"""List all that a template ever said."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.templates.template import TemplateId, TemplateVersion
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class ListTemplateVersions:
    """Return every version of a template, newest first, a deleted one's too. Raises ``NotFound``."""

    work: UnitOfWorkFactory[DocumentsWork]

    async def __call__(self, actor: Actor, template_id: TemplateId) -> Sequence[TemplateVersion]:
        """Return them."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor, read_only=True) as work:
            await work.templates.get(template_id)
            return await work.templates.versions(template_id)
