"""The route of VAT that was charged only for want of proof."""

from __future__ import annotations

from datetime import date, datetime

import msgspec
from litestar import get
from litestar.params import FromQuery

from scaicontrol_core.billing.use_cases.list_vat_corrections import ListVatCorrections
from scaicontrol_core.kernel.events import to_json
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_http.dependencies import Actor, Container
from scaicontrol_http.requests import Answer, Listing


class VatCorrectionAnswer(Answer):
    """An offer to credit an invoice and issue it anew without VAT; amounts are minor units of ``currency``."""

    invoice_id: str
    tenant_id: str
    number: str
    issue_date: date
    company_name: str
    vat_number: str
    currency: str
    net_cents: int
    tax_cents: int
    credited_cents: int
    proven_at: datetime | None
    source: str
    reference: str | None


@get("/admin/billing/vat-corrections", tags=["Admin: invoices"], summary="List VAT charged for want of proof")
async def list_vat_corrections(
    container: Container,
    actor: Actor,
    seller_id: FromQuery[str | None] = None,
    since: FromQuery[date | None] = None,
) -> Listing[VatCorrectionAnswer]:
    """Invoices that bear VAT only because the buyer's number was unverified, and now is proven; nothing is credited.

    Those issued since a day, a year back without one. To take an offer up: `POST /admin/invoices/{id}/reissue`.
    """
    seller = PartnerId(seller_id) if seller_id else None
    found = await container.use(ListVatCorrections)(actor, seller_id=seller, since=since)
    items = msgspec.convert(to_json(found), list[VatCorrectionAnswer])
    return Listing(items=items, total=len(items), next_cursor=None)
