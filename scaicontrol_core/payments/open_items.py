"""Reading what is open, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scaicontrol_core.kernel.ids import InvoiceId, PartnerId
    from scaicontrol_core.payments.ports import PaymentsWork
    from scaicontrol_core.payments.receivable import EndOfDay, Receivable

_PAGE = 1000


async def open_items(work: PaymentsWork, seller_id: PartnerId, when: EndOfDay) -> list[Receivable]:
    """Return all of a seller's invoices that are, or say they are, not settled at the end of a day."""
    found: list[Receivable] = []
    after: InvoiceId | None = None
    while page := await work.receivables.of_seller(seller_id, when, after=after, limit=_PAGE):
        found += page
        after = page[-1].invoice_id
    return found
