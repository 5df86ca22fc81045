"""Copy a template under another name, for another language, or to another partner."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.templates.errors import TemplateExists
from scaicontrol_core.documents.templates.template import (
    DocumentTemplate,
    TemplateId,
    TemplateIdentity,
    TemplateLanguage,
)
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import Ids, PartnerId
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen(kw_only=True)
class TemplateCopy:
    """Where to: a name, a language (None: any), and a partner (None: the same)."""

    name: str
    language: TemplateLanguage | None = None
    partner_id: PartnerId | None = None


@frozen
class CopyTemplate:
    """Make a template of another's present text. Raises ``NotFound``, ``TemplateExists``."""

    work: UnitOfWorkFactory[DocumentsWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, template_id: TemplateId, to: TemplateCopy) -> DocumentTemplate:
        """Return the copy."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor) as work:
            source = await work.templates.get(template_id)
            owner = source.partner_id if to.partner_id is None else (await work.partners.get(to.partner_id)).id
            identity = TemplateIdentity(
                partner_id=owner,
                name=to.name,
                document_type=source.identity.document_type,
                language=to.language,
            )
            found = await work.templates.find(identity)
            if found is None:
                new_id = TemplateId(self.ids.new("tpl"))
                found = DocumentTemplate.create(new_id, identity, source.content, self.clock.now(), actor.subject)
                await work.templates.add(found)
            elif found.is_deleted:
                found.save(source.content, self.clock.now(), actor.subject)
                await work.templates.save(found)
            else:
                raise TemplateExists(identity.name)
            await work.commit()
        return found
