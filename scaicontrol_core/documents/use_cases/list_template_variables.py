"""Say what a template may name."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.templates.template import TemplateType
from scaicontrol_core.documents.templates.variables import Variable, variables_of


@frozen
class ListTemplateVariables:
    """Return every variable that a template of a type has: what the designer's picker offers."""

    async def __call__(self, actor: Actor, document_type: TemplateType) -> tuple[Variable, ...]:
        """Return them, groups before their parts."""
        actor.require(Permission.ADMIN_BILLING)
        return variables_of(document_type)
