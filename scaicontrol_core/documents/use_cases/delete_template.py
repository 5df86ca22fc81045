"""Delete a template."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.templates.template import TemplateId
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.editing import require_version
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class DeleteTemplate:
    """Use a template no more: the next of the chain takes its place. Its versions stay and can be restored.

    Raises ``NotFound``, ``Stale``, ``TemplateGone``.
    """

    work: UnitOfWorkFactory[DocumentsWork]
    clock: Clock

    async def __call__(self, actor: Actor, template_id: TemplateId, *, expected_version: int | None = None) -> None:
        """Delete it."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor) as work:
            template = await work.templates.get(template_id)
            require_version(expected_version, template.version)
            template.delete(self.clock.now(), actor.subject)
            await work.templates.save(template)
            await work.commit()
