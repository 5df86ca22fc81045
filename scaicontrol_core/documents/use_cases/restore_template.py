"""Bring an older version of a template back."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.templates.template import DocumentTemplate, TemplateId
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel import checks
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.editing import require_version
from scaicontrol_core.kernel.work import UnitOfWorkFactory

#: More than anybody saves; a database counts no further.
_MOST_VERSIONS = 2**31 - 1


@frozen
class RestoreTemplate:
    """Make an older version the newest again, as a version of its own; a deleted template is back with it.

    It is not checked again: it was good enough once, and is wanted now. Raises ``NotFound``, ``Stale``.
    """

    work: UnitOfWorkFactory[DocumentsWork]
    clock: Clock

    async def __call__(
        self, actor: Actor, template_id: TemplateId, version: int, *, expected_version: int | None = None
    ) -> DocumentTemplate:
        """Return the template as it is now."""
        actor.require(Permission.ADMIN_BILLING)
        checks.whole(1, _MOST_VERSIONS)(version, "/version")
        async with self.work.begin(actor) as work:
            template = await work.templates.get(template_id)
            require_version(expected_version, template.version)
            template.restore(await work.templates.version(template_id, version), self.clock.now(), actor.subject)
            await work.templates.save(template)
            await work.commit()
        return template
