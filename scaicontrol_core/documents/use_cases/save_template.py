"""Save a template: a new one, or a new version of one."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.ports import DocumentRenderer
from scaicontrol_core.documents.templates.checking import TemplateChecks
from scaicontrol_core.documents.templates.ports import TemplateInspector
from scaicontrol_core.documents.templates.saving import SavedTemplate, Saving, owner_of
from scaicontrol_core.documents.templates.template import (
    TemplateContent,
    TemplateIdentity,
    TemplateLanguage,
    TemplateType,
)
from scaicontrol_core.documents.transmission_ports import MailRenderer
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import Ids, PartnerId
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen(kw_only=True)
class TemplateOffer:
    """A template by its identity, with what it is to say.

    Without a partner it is the actor's own. ``expected_version``: 0 for one that may not exist yet,
    the version that was edited for one that must, None for either.
    """

    name: str
    document_type: TemplateType
    language: TemplateLanguage | None = None
    content: TemplateContent
    partner_id: PartnerId | None = None
    expected_version: int | None = None


@frozen
class SaveTemplate:
    """Check a template over sample documents and keep it as a new version.

    What could not be rendered is refused; what the law misses is a warning. The same text again
    is no new version. Raises ``TemplateFaulty``, ``TemplateExists``, ``Stale``, ``NotFound``.
    """

    work: UnitOfWorkFactory[DocumentsWork]
    clock: Clock
    ids: Ids
    renderer: DocumentRenderer
    mail_renderer: MailRenderer
    inspector: TemplateInspector

    async def __call__(self, actor: Actor, offer: TemplateOffer) -> SavedTemplate:
        """Return the template as it is now, and what the check said."""
        actor.require(Permission.ADMIN_BILLING)
        saving = Saving(self.clock, self.ids, TemplateChecks(self.renderer, self.mail_renderer, self.inspector))
        async with self.work.begin(actor, read_only=True) as work:
            owner = await owner_of(work, actor, offer.partner_id)
        identity = TemplateIdentity(
            partner_id=owner, name=offer.name, document_type=offer.document_type, language=offer.language
        )
        report = await saving.check(identity, offer.content)
        async with self.work.begin(actor) as work:
            template = await saving.put(work, actor, identity, offer.content, offer.expected_version)
            await work.commit()
        return SavedTemplate(template=template, report=report)
