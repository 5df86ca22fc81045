"""The route of VAT that was charged only for want of proof."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import msgspec
from litestar import get
from litestar.params import FromQuery

from scaicontrol_core.billing.use_cases.list_vat_corrections import ListVatCorrections
from scaicontrol_core.billing.vat_corrections import VatCorrection
from scaicontrol_core.kernel.events import to_json
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.paging import Sorting, SortKey, paged, sortable
from scaicontrol_http.dependencies import Actor, Container, PageRequest
from scaicontrol_http.requests import Answer, Listing, listing
from scaicontrol_http.sorting import SORTING

_CORRECTIONS = Sorting("vat_corrections", ("issue_date", "number"), "issue_date")
_KEYS: Mapping[str, SortKey[VatCorrection]] = {
    "issue_date": lambda each: (sortable(each.issue_date), each.invoice_id),
    "number": lambda each: (each.number, each.invoice_id),
}


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


@get(
    "/admin/billing/vat-corrections",
    tags=["Admin: invoices"],
    summary="List VAT charged for want of proof",
    opt={SORTING: _CORRECTIONS},
)
async def list_vat_corrections(
    container: Container,
    actor: Actor,
    page: PageRequest,
    seller_id: FromQuery[str | None] = None,
    since: FromQuery[date | None] = None,
) -> Listing[VatCorrectionAnswer]:
    """Invoices that bear VAT only because the buyer's number was unverified, and now is proven; nothing is credited.

    Those issued since a day, a year back without one. To take an offer up: `POST /admin/invoices/{id}/reissue`.
    """
    seller = PartnerId(seller_id) if seller_id else None
    found = await container.use(ListVatCorrections)(actor, seller_id=seller, since=since)
    criteria = {"seller_id": seller_id, "since": since}
    return listing(paged(found, page, _CORRECTIONS, _KEYS, criteria), _shown)


def _shown(correction: VatCorrection) -> VatCorrectionAnswer:
    return msgspec.convert(to_json(correction), VatCorrectionAnswer)
