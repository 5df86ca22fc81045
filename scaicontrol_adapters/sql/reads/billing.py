"""Lists of invoices."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from scaicontrol_adapters.sql.reads.paging import Key, Orders, count_of, days, equals, instant, page_of
from scaicontrol_adapters.sql.rows.billing import InvoiceRow
from scaicontrol_core.billing.ports import INVOICES

if TYPE_CHECKING:
    from scaicontrol_adapters.sql.repositories.base import Table
    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.billing.ports import InvoiceFilter
    from scaicontrol_core.kernel.paging import Page, PageRequest

_FILTERS = (
    "tenant_id",
    "partner_id",
    "seller_id",
    "status",
    "document_type",
    "number",
    "run_id",
    "referenced_invoice_id",
    "currency",
)
_ORDERS = Orders(
    INVOICES,
    {
        "created_at": (Key(InvoiceRow.created_at, instant), Key(InvoiceRow.id)),
        "issue_date": (Key(InvoiceRow.order_date, date.fromisoformat), Key(InvoiceRow.id)),
        "number": (Key(InvoiceRow.order_number), Key(InvoiceRow.id)),
    },
)


async def page_of_invoices(
    transaction: Transaction, table: Table[Invoice], wanted: InvoiceFilter, request: PageRequest
) -> Page[Invoice]:
    """Return a page of the invoices that the filter lets pass, newest first without a wish; no lines."""
    predicates = equals(InvoiceRow, wanted, _FILTERS)
    predicates += days(InvoiceRow.due_date, wanted.due_from, wanted.due_to)
    issued = days(InvoiceRow.order_date, wanted.issued_from, wanted.issued_to)
    predicates += [*issued, InvoiceRow.number.is_not(None)] if issued else []
    if wanted.search is not None:
        predicates.append(InvoiceRow.order_number.startswith(wanted.search, autoescape=True))
    if wanted.issued is not None:
        predicates.append(InvoiceRow.number.is_not(None) if wanted.issued else InvoiceRow.number.is_(None))
    order = _ORDERS.of(request, wanted)
    return await page_of(
        transaction, table.select, predicates, order, request, table.restore, total=count_of(InvoiceRow)
    )
