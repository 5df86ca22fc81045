"""What is open on one invoice on one day."""

from __future__ import annotations

from datetime import date, datetime

from attrs import frozen

from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, TenantId


@frozen(kw_only=True)
class Receivable:
    """An invoice's balance in minor units, below 0 where the buyer (a tenant or a partner) has a credit.

    ``balance_cents`` is summed up from documents and payments, ``stated_cents`` what the invoice itself
    says today.
    """

    invoice_id: InvoiceId
    seller_id: PartnerId
    tenant_id: TenantId | None
    buyer_partner_id: PartnerId | None
    number: str
    currency: str
    due_date: date
    balance_cents: int
    stated_cents: int


@frozen(kw_only=True)
class EndOfDay:
    """A day of a seller, and the instant (UTC) at which it ends."""

    day: date
    ends: datetime
