"""Templates and their versions, in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

from scaicontrol_core.documents.templates.errors import TemplateExists
from scaicontrol_core.documents.templates.ports import TEMPLATES, TemplateFilter
from scaicontrol_core.documents.templates.template import (
    DocumentTemplate,
    TemplateId,
    TemplateIdentity,
    TemplateType,
    TemplateVersion,
)
from scaicontrol_core.kernel.errors import NotFound
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.scope import Scope, ScopeKind
from scaicontrol_core.testing.memory_paging import SortKey, paged, sortable
from scaicontrol_core.testing.memory_store import MemoryCollection, UniqueKey


class MemoryTemplates(MemoryCollection[DocumentTemplate]):
    """A partner sees and writes its own; tenants see none, except that their documents are written with them."""

    table = "document_templates"
    what = "document template"
    _VERSIONS = "document_template_versions"
    _SORTS: ClassVar[Mapping[str, SortKey[DocumentTemplate]]] = {
        "name": lambda row: (row.identity.name, row.id),
        "saved_at": lambda row: (sortable(row.saved_at), row.id),
    }

    async def find(self, identity: TemplateIdentity) -> DocumentTemplate | None:
        """Return the one of this identity."""
        return next((row for row in self._visible() if row.identity == identity), None)

    async def add(self, row: DocumentTemplate) -> None:
        """Write a new one with its first version."""
        await super().add(row)
        self._keep(row)

    async def save(self, row: DocumentTemplate) -> None:
        """Write a changed one and its new version."""
        await super().save(row)
        self._keep(row)

    async def list(self, request: PageRequest, wanted: TemplateFilter) -> Page[DocumentTemplate]:
        """Return a page of those in use."""
        found = [
            row
            for row in self._visible()
            if not row.is_deleted
            and wanted.partner_id in (None, row.partner_id)
            and wanted.document_type in (None, row.identity.document_type)
            and wanted.name in (None, row.identity.name)
            and wanted.language in (None, row.identity.language)
        ]
        return paged(found, request, TEMPLATES, self._SORTS, wanted)

    async def versions(self, template_id: TemplateId) -> Sequence[TemplateVersion]:
        """Return a template's versions, newest first."""
        scope = self._transaction.scope
        rows: Sequence[Any] = self._transaction.rows(self._VERSIONS)
        found = [row for row in rows if row.template_id == template_id and _reaches(scope, row.partner_id)]
        return sorted(found, key=lambda row: row.version, reverse=True)

    async def version(self, template_id: TemplateId, version: int) -> TemplateVersion:
        """Return one, or raise ``NotFound``."""
        for found in await self.versions(template_id):
            if found.version == version:
                return found
        raise NotFound.of("template version", f"{template_id}@{version}")

    async def candidates(
        self, owner: PartnerId, document_type: TemplateType, names: Collection[str]
    ) -> Sequence[DocumentTemplate]:
        """Return the owner's templates in use under these names, from any scope."""
        rows: Sequence[DocumentTemplate] = self._transaction.rows(self.table)
        return [
            row
            for row in rows
            if (row.partner_id, row.identity.document_type) == (owner, document_type)
            and row.identity.name in names
            and not row.is_deleted
        ]

    def _keep(self, row: DocumentTemplate) -> None:
        self._transaction.write(self._VERSIONS, (row.id, row.version), row.newest())

    def _reaches(self, scope: Scope, row: DocumentTemplate) -> bool:
        return _reaches(scope, row.partner_id)

    def _unique_keys(self, row: DocumentTemplate) -> Sequence[UniqueKey]:
        return ((row.identity, lambda: TemplateExists(row.identity.name)),)


def _reaches(scope: Scope, partner_id: PartnerId) -> bool:
    return scope.kind is ScopeKind.PLATFORM or (scope.kind is ScopeKind.PARTNER and scope.partner_id == partner_id)
