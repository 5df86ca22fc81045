"""Check a template without saving it."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.ports import DocumentRenderer
from scaicontrol_core.documents.templates.checking import TemplateChecks, TemplateReport
from scaicontrol_core.documents.templates.ports import TemplateInspector
from scaicontrol_core.documents.templates.template import TemplateContent, TemplateLanguage, TemplateType
from scaicontrol_core.documents.transmission_ports import MailRenderer


@frozen
class ValidateTemplate:
    """Say what is wrong with a template: errors, which a save would refuse, and what the law misses."""

    renderer: DocumentRenderer
    mail_renderer: MailRenderer
    inspector: TemplateInspector

    async def __call__(
        self,
        actor: Actor,
        document_type: TemplateType,
        content: TemplateContent,
        language: TemplateLanguage | None = None,
    ) -> TemplateReport:
        """Return everything found; nothing means that it is good."""
        actor.require(Permission.ADMIN_BILLING)
        checks = TemplateChecks(self.renderer, self.mail_renderer, self.inspector)
        return await checks.check(document_type, content, language)
