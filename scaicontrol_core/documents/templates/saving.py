"""Saving a template: what saving, importing, copying and restoring have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.documents.templates.checking import TemplateChecks, TemplateReport
from scaicontrol_core.documents.templates.errors import TemplateExists
from scaicontrol_core.documents.templates.template import DocumentTemplate, TemplateId, TemplateIdentity
from scaicontrol_core.kernel.editing import require_version
from scaicontrol_core.kernel.errors import NotFound
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.tenancy.selling import OperatorMissing

if TYPE_CHECKING:
    from scaicontrol_core.access.actor import Actor
    from scaicontrol_core.documents.templates.template import TemplateContent
    from scaicontrol_core.documents.work import DocumentsWork
    from scaicontrol_core.kernel.clock import Clock
    from scaicontrol_core.kernel.ids import Ids, PartnerId

#: The expected version of a template that may not exist yet.
MUST_BE_NEW = 0


@frozen(kw_only=True)
class SavedTemplate:
    """A template as it is now, and what the check had to say."""

    template: DocumentTemplate
    report: TemplateReport


@frozen
class Saving:
    """The ports that saving needs beside a unit of work."""

    clock: Clock
    ids: Ids
    checks: TemplateChecks

    async def check(self, identity: TemplateIdentity, content: TemplateContent) -> TemplateReport:
        """Return what the check has to say; raises ``TemplateFaulty`` for what may not be saved."""
        report = await self.checks.check(identity.document_type, content, identity.language)
        report.require_usable()
        return report

    async def put(
        self,
        work: DocumentsWork,
        actor: Actor,
        identity: TemplateIdentity,
        content: TemplateContent,
        expected_version: int | None,
    ) -> DocumentTemplate:
        """Write a new version, or a new template, without committing.

        Raises ``TemplateExists`` for one that had to be new, ``Stale``, ``NotFound``.
        """
        found = await work.templates.find(identity)
        if found is None:
            if expected_version:
                raise NotFound.of("document template", identity.name)
            template_id = TemplateId(self.ids.new("tpl"))
            made = DocumentTemplate.create(template_id, identity, content, self.clock.now(), actor.subject)
            await work.templates.add(made)
            return made
        if expected_version == MUST_BE_NEW:
            if not found.is_deleted:
                raise TemplateExists(identity.name)
        else:
            require_version(expected_version, found.version)
        found.save(content, self.clock.now(), actor.subject)
        if found.has_changed:
            await work.templates.save(found)
        return found


async def owner_of(work: DocumentsWork, actor: Actor, named: PartnerId | None) -> PartnerId:
    """Return whose template it is: the partner's that is named, else the actor's own, else the operator's.

    Raises ``NotFound`` for a partner beyond the scope, ``OperatorMissing`` before there is one.
    """
    if named is not None:
        return (await work.partners.get(named)).id
    if actor.scope.kind is not ScopeKind.PLATFORM and actor.scope.partner_id is not None:
        return actor.scope.partner_id
    operator = await work.partners.operator()
    if operator is None:
        raise OperatorMissing
    return operator.id
