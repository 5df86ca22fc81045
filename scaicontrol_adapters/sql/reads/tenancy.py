"""Lists of partners and tenants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from scaicontrol_adapters.sql.reads.paging import Key, Orders, between, contains, count_of, equals, instant, page_of
from scaicontrol_adapters.sql.rows.tenancy import PartnerRow, TenantRow, VatEvidenceRow
from scaicontrol_core.tenancy.ports import PARTNERS, TENANTS, VAT_EVIDENCE

if TYPE_CHECKING:
    from scaicontrol_adapters.sql.mapping import Fields
    from scaicontrol_adapters.sql.repositories.base import Table
    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.kernel.ids import TenantId
    from scaicontrol_core.kernel.paging import Page, PageRequest
    from scaicontrol_core.tenancy.partner import Partner
    from scaicontrol_core.tenancy.ports import TenantFilter
    from scaicontrol_core.tenancy.tenant import Tenant
    from scaicontrol_core.tenancy.vat_evidence import VatEvidenceRecord


def _keys(row: type[Any]) -> dict[str, tuple[Key, ...]]:
    return {"created_at": (Key(row.created_at, instant), Key(row.id)), "name": (Key(row.name), Key(row.id))}


_PARTNERS = Orders(PARTNERS, _keys(PartnerRow))
_TENANTS = Orders(TENANTS, _keys(TenantRow))
_EVIDENCE = Orders(VAT_EVIDENCE, {"asked_at": (Key(VatEvidenceRow.asked_at, instant), Key(VatEvidenceRow.id))})


async def page_of_partners(
    transaction: Transaction, table: Table[Partner], request: PageRequest, search: str | None
) -> Page[Partner]:
    """Return a page of the partners whose name contains the text."""
    predicates = [contains(PartnerRow.search_text, search)] if search else []
    order = _PARTNERS.of(request, {"search": search})
    return await page_of(
        transaction, table.select, predicates, order, request, table.restore, total=count_of(PartnerRow)
    )


async def page_of_tenants(
    transaction: Transaction, table: Table[Tenant], request: PageRequest, criteria: TenantFilter
) -> Page[Tenant]:
    """Return a page of the tenants that the filter lets pass."""
    predicates = equals(TenantRow, criteria, ("partner_id", "collection_method", "external_reference"))
    predicates += between(TenantRow.created_at, criteria.since, criteria.until)
    if criteria.is_active is not None:
        predicates.append(TenantRow.is_active.is_(criteria.is_active))
    if criteria.search:
        predicates.append(contains(TenantRow.search_text, criteria.search))
    order = _TENANTS.of(request, criteria)
    return await page_of(
        transaction, table.select, predicates, order, request, table.restore, total=count_of(TenantRow)
    )


async def page_of_evidence(
    transaction: Transaction, record: Fields[VatEvidenceRecord], tenant_id: TenantId, request: PageRequest
) -> Page[VatEvidenceRecord]:
    """Return a page of the evidence on a tenant's VAT numbers, newest first without a wish."""
    names = record.columns
    return await page_of(
        transaction,
        select(*(getattr(VatEvidenceRow, name) for name in names)),
        [VatEvidenceRow.tenant_id == tenant_id],
        _EVIDENCE.of(request, {"tenant_id": tenant_id}),
        request,
        lambda row: record.read(dict(zip(names, row, strict=True))),
        total=count_of(VatEvidenceRow),
    )
