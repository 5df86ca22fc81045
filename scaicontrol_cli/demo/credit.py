"""The demo's one credit note: a tenth of a bakery's April is taken back, once."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from scaicontrol_core.billing.credit_note import LineCredit, NewCreditNote
from scaicontrol_core.billing.lifecycle import DocumentType
from scaicontrol_core.billing.ports import InvoiceFilter
from scaicontrol_core.billing.use_cases.issue_credit_note import IssueCreditNote
from scaicontrol_core.billing.use_cases.list_invoices import ListInvoices
from scaicontrol_core.kernel.paging import PageRequest

if TYPE_CHECKING:
    from scaicontrol_cli.context import Session
    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.kernel.ids import TenantId
    from scaicontrol_core.kernel.period import Period
    from scaicontrol_core.tenancy.use_cases.import_tenants import ImportReport

CUSTOMER, MONTH = "molen", date(2026, 4, 1)
CREDIT = NewCreditNote(
    reason="Three days without sign-in in April: a tenth of the month",
    lines=(LineCredit(position=1, quantity="0.1"),),
)


async def credit(session: Session, month: Period, customers: ImportReport) -> bool:
    """Issue it in its month if the customer is there, was billed and has none yet; tell whether it was issued."""
    tenant_id = next((row.tenant_id for row in customers.rows if row.external_reference == CUSTOMER), None)
    if month.start != MONTH or tenant_id is None:
        return False
    billed = await _of(session, tenant_id, DocumentType.INVOICE)
    if not billed or await _of(session, tenant_id, DocumentType.CREDIT_NOTE):
        return False
    await session.use(IssueCreditNote)(session.actor, max(billed, key=lambda each: each.number or "").id, CREDIT)
    return True


async def _of(session: Session, tenant_id: TenantId, kind: DocumentType) -> list[Invoice]:
    wanted = InvoiceFilter(tenant_id=tenant_id, document_type=kind, issued=True)
    return list((await session.use(ListInvoices)(session.actor, wanted, PageRequest())).items)
