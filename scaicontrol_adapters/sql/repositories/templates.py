"""Templates and their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from scaicontrol_adapters.sql.guard import OPENING, Opening
from scaicontrol_adapters.sql.mapping import Fields, enum
from scaicontrol_adapters.sql.reads.paging import Key, Orders, count_of, equals, instant, page_of
from scaicontrol_adapters.sql.repositories.base import Repository, Table, telling
from scaicontrol_adapters.sql.rows.templates import TemplateRow, TemplateVersionRow
from scaicontrol_core.documents.page_format import PageFormat
from scaicontrol_core.documents.templates.errors import TemplateExists
from scaicontrol_core.documents.templates.ports import TEMPLATES
from scaicontrol_core.documents.templates.template import (
    DocumentTemplate,
    TemplateChange,
    TemplateContent,
    TemplateId,
    TemplateIdentity,
    TemplateLanguage,
    TemplateType,
    TemplateVersion,
)
from scaicontrol_core.kernel.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Select

    from scaicontrol_core.documents.templates.ports import TemplateFilter
    from scaicontrol_core.kernel.ids import PartnerId
    from scaicontrol_core.kernel.paging import Page, PageRequest

_CONTENT = Fields(TemplateContent, codecs={"page_format": enum(PageFormat)})
_IDENTITY = Fields(TemplateIdentity, codecs={"document_type": enum(TemplateType), "language": enum(TemplateLanguage)})
_TEMPLATES: Table[DocumentTemplate] = Table(
    TemplateRow,
    Fields(
        DocumentTemplate,
        codecs={"reason": enum(TemplateChange)},
        parts={"identity": _IDENTITY, "content": _CONTENT},
    ),
    what="document template",
    resource_type="document_template",
    fixed=("name", "document_type", "language", "created_at"),
)
_VERSION = Fields(TemplateVersion, codecs={"reason": enum(TemplateChange)}, parts={"content": _CONTENT})
_VERSIONS: Select[Any] = select(*(getattr(TemplateVersionRow, name) for name in _VERSION.columns))
_IN_USE = TemplateRow.reason != TemplateChange.DELETED.value
#: Read past the scope: a customer's invoice is written with its seller's template.
_CANDIDATES = _TEMPLATES.select.where(
    TemplateRow.partner_id == bindparam("owner"),
    TemplateRow.document_type == bindparam("wanted_type"),
    TemplateRow.name.in_(bindparam("wanted_names", expanding=True)),
    _IN_USE,
).execution_options(**{OPENING: Opening.TEMPLATES})
_ORDERS = Orders(
    TEMPLATES,
    {
        "name": (Key(TemplateRow.name), Key(TemplateRow.id)),
        "saved_at": (Key(TemplateRow.saved_at, instant), Key(TemplateRow.id)),
    },
)


class SqlTemplates(Repository[DocumentTemplate]):
    """Templates within scope (port ``Templates``); triggers keep their versions."""

    table = _TEMPLATES

    def values(self, aggregate: DocumentTemplate) -> dict[str, Any]:
        """Add what makes "any language" equal to itself."""
        return super().values(aggregate) | {"language_key": _language_key(aggregate.identity)}

    async def get(self, template_id: TemplateId) -> DocumentTemplate:
        """Return one, or raise ``NotFound``."""
        return await self.load(template_id)

    async def find(self, identity: TemplateIdentity) -> DocumentTemplate | None:
        """Return the one of this identity."""
        return await self.find_where(
            TemplateRow.partner_id == identity.partner_id,
            TemplateRow.document_type == identity.document_type.value,
            TemplateRow.name == identity.name,
            TemplateRow.language_key == _language_key(identity),
        )

    async def add(self, template: DocumentTemplate) -> None:
        """Write a new one; raises ``TemplateExists``."""
        async with telling(TemplateExists(template.identity.name)):
            await super().add(template)
        await self._keep(template)

    async def save(self, template: DocumentTemplate) -> None:
        """Write a changed one; raises ``Stale``."""
        await super().save(template)
        await self._keep(template)

    async def list(self, request: PageRequest, wanted: TemplateFilter) -> Page[DocumentTemplate]:
        """Return a page of those in use."""
        predicates = [_IN_USE, *equals(TemplateRow, wanted, ("partner_id", "document_type", "name", "language"))]
        order = _ORDERS.of(request, wanted)
        total = count_of(TemplateRow)
        restore = self.table.restore
        return await page_of(self._transaction, self.table.select, predicates, order, request, restore, total=total)

    async def versions(self, template_id: TemplateId) -> Sequence[TemplateVersion]:
        """Return a template's versions, newest first."""
        wanted = _VERSIONS.where(TemplateVersionRow.template_id == template_id)
        rows = await self._transaction.execute(wanted.order_by(TemplateVersionRow.version.desc()))
        return [_VERSION.read(dict(zip(_VERSION.columns, row, strict=True))) for row in rows]

    async def version(self, template_id: TemplateId, version: int) -> TemplateVersion:
        """Return one, or raise ``NotFound``."""
        wanted = _VERSIONS.where(TemplateVersionRow.template_id == template_id, TemplateVersionRow.version == version)
        row = (await self._transaction.execute(wanted)).first()
        if row is None:
            raise NotFound.of("template version", f"{template_id}@{version}")
        found: TemplateVersion = _VERSION.read(dict(zip(_VERSION.columns, row, strict=True)))
        return found

    async def candidates(
        self, owner: PartnerId, document_type: TemplateType, names: Collection[str]
    ) -> Sequence[DocumentTemplate]:
        """Return the owner's templates in use under these names; readable from any scope."""
        if not names:
            return []
        wanted = {"owner": owner, "wanted_type": document_type.value, "wanted_names": sorted(names)}
        return [self.table.restore(row) for row in await self._transaction.execute(_CANDIDATES, wanted)]

    async def _keep(self, template: DocumentTemplate) -> None:
        await self._transaction.insert(TemplateVersionRow, [_VERSION.write(template.newest())])


def _language_key(identity: TemplateIdentity) -> str:
    return identity.language.value if identity.language else ""
