"""Save many templates at once: all of them, or none."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.ports import DocumentRenderer
from scaicontrol_core.documents.templates.checking import TemplateChecks, TemplateReport
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
from scaicontrol_core.kernel.checks import Findings
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import Ids, PartnerId
from scaicontrol_core.kernel.work import UnitOfWorkFactory

MAX_IMPORTED = 500


@frozen(kw_only=True)
class ImportedTemplate:
    """One template of a file."""

    name: str
    document_type: TemplateType
    language: TemplateLanguage | None = None
    content: TemplateContent


@frozen
class ImportTemplates:
    """Check all and keep all, in one transaction; what is there already as it stands in the file stays as it is.

    Raises ``Invalid`` naming every fault of every template by its place in the file, ``NotFound``, ``Stale``.
    """

    work: UnitOfWorkFactory[DocumentsWork]
    clock: Clock
    ids: Ids
    renderer: DocumentRenderer
    mail_renderer: MailRenderer
    inspector: TemplateInspector

    async def __call__(
        self, actor: Actor, templates: Sequence[ImportedTemplate], partner_id: PartnerId | None = None
    ) -> Sequence[SavedTemplate]:
        """Return them as they are now, in the file's order."""
        actor.require(Permission.ADMIN_BILLING)
        if len(templates) > MAX_IMPORTED:
            raise Invalid.field("", f"At most {MAX_IMPORTED} templates at once.", code="too_many_templates")
        saving = Saving(self.clock, self.ids, TemplateChecks(self.renderer, self.mail_renderer, self.inspector))
        async with self.work.begin(actor, read_only=True) as work:
            owner = await owner_of(work, actor, partner_id)
        wanted = [
            TemplateIdentity(partner_id=owner, name=each.name, document_type=each.document_type, language=each.language)
            for each in templates
        ]
        reports = await _checked(saving, wanted, templates)
        saved: list[SavedTemplate] = []
        async with self.work.begin(actor) as work:
            for identity, each, report in zip(wanted, templates, reports, strict=True):
                kept = await saving.put(work, actor, identity, each.content, None)
                saved.append(SavedTemplate(template=kept, report=report))
            await work.commit()
        return saved


async def _checked(
    saving: Saving, identities: Sequence[TemplateIdentity], templates: Sequence[ImportedTemplate]
) -> list[TemplateReport]:
    findings, reports = Findings(), []
    for place, (identity, each) in enumerate(zip(identities, templates, strict=True)):
        if identity in identities[:place]:
            findings.note(f"/{place}/name", "This template stands here twice.", "template_repeated")
        try:
            reports.append(await saving.check(identity, each.content))
        except Invalid as wrong:
            findings.add(wrong, at=f"/{place}")
    findings.raise_if_any()
    return reports
