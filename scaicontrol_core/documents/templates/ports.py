"""What templates need from the outside: where they are kept, and who can read Jinja."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from scaicontrol_core.kernel.paging import Sorting

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from scaicontrol_core.documents.templates.template import (
        DocumentTemplate,
        TemplateId,
        TemplateIdentity,
        TemplateType,
        TemplateVersion,
    )
    from scaicontrol_core.kernel.ids import PartnerId
    from scaicontrol_core.kernel.paging import Page, PageRequest

TEMPLATES = Sorting("templates", ("name", "saved_at"), "name")


@frozen(kw_only=True)
class TemplateFilter:
    """Which templates are listed; None: all. Deleted ones are never among them."""

    partner_id: PartnerId | None = None
    document_type: TemplateType | None = None
    name: str | None = None
    language: str | None = None


class Templates(Protocol):
    """The templates; each save keeps a version beside the template."""

    async def get(self, template_id: TemplateId) -> DocumentTemplate:
        """Return one, a deleted one too, or raise ``NotFound`` (``document_template_not_found``)."""
        ...

    async def find(self, identity: TemplateIdentity) -> DocumentTemplate | None:
        """Return the one of this identity, a deleted one too, or None."""
        ...

    async def add(self, template: DocumentTemplate) -> None:
        """Write a new one with its first version; ``TemplateExists`` if others were first."""
        ...

    async def save(self, template: DocumentTemplate) -> None:
        """Write a changed one and its new version, or raise ``Stale``."""
        ...

    async def list(self, request: PageRequest, wanted: TemplateFilter) -> Page[DocumentTemplate]:
        """Return a page of those in use; sorted by ``name`` (default) or ``saved_at``."""
        ...

    async def versions(self, template_id: TemplateId) -> Sequence[TemplateVersion]:
        """Return a template's versions, newest first."""
        ...

    async def version(self, template_id: TemplateId, version: int) -> TemplateVersion:
        """Return one, or raise ``NotFound`` (``template_version_not_found``)."""
        ...

    async def candidates(
        self, owner: PartnerId, document_type: TemplateType, names: Collection[str]
    ) -> Sequence[DocumentTemplate]:
        """Return the owner's templates in use of a type under these names; readable from any scope.

        A customer who is the first to read an invoice has it written with its seller's template.
        """
        ...


@frozen
class SourceFinding:
    """Something wrong in a template's source; ``line`` counts from 1 where it is known."""

    line: int | None
    message: str


class TemplateInspector(Protocol):
    """Reads Jinja without running it."""

    def inspect(self, source: str, known: Collection[str]) -> Sequence[SourceFinding]:
        """Return wrong syntax, forbidden constructs, and variables that are not among those known."""
        ...
