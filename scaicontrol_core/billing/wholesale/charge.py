"""A period that a partner's customer was charged, and what of it the operator bills the partner."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from attrs import frozen

from scaicontrol_core.billing.ledger import ChargeKind
from scaicontrol_core.billing.line import InvoiceLine
from scaicontrol_core.kernel.ids import InvoiceId, LineId, PartnerId, SubscriptionId, TenantId
from scaicontrol_core.kernel.money import format_minor, minor_unit_exponent
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.kernel.quantity import Quantity, UnitPrice
from scaicontrol_core.tenancy.seller import BASIS_POINTS


@frozen(kw_only=True)
class UnbilledCharge:
    """An entry of the ledger that is not billed to its partner yet; ``list_cents`` is what it is there.

    ``customer`` and ``what`` say whose and for what it is; ``billed_at`` is when the customer was charged (UTC).
    """

    subscription_id: SubscriptionId
    ordinal: int
    charge_kind: ChargeKind
    tenant_id: TenantId
    customer: str
    what: str
    period_start: date
    period_end: date
    list_cents: int
    currency: str
    billed_at: datetime

    def line(self, line_id: LineId, discount_bp: int) -> InvoiceLine:
        """Return its line: list price less discount, rounded once; what was credited has a negative quantity."""
        listed = format_minor(self.list_cents, minor_unit_exponent(self.currency))
        terms = f"{listed} {self.currency} − {Decimal(discount_bp).scaleb(-2).normalize():f} %"
        price = Decimal(abs(self.list_cents) * (BASIS_POINTS - discount_bp)).scaleb(-4)
        return InvoiceLine(
            id=line_id,
            description=f"{self.customer}: {self.what} ({terms})"[:1000],
            quantity=Quantity(Decimal(1 if self.list_cents >= 0 else -1)),
            unit_price=UnitPrice(price.normalize() if price else Decimal(0)),
            period=Period(self.period_start, self.period_end),
        )


@frozen(kw_only=True)
class WholesaleCharge:
    """An entry of the partner's ledger: this period, at this list price and discount, stands on that invoice.

    The natural key is that of the customer's own entry: (``subscription_id``, ``ordinal``, ``charge_kind``).
    ``position`` is the line's, from 1. Append-only.
    """

    subscription_id: SubscriptionId
    ordinal: int
    charge_kind: ChargeKind
    partner_id: PartnerId
    invoice_id: InvoiceId
    position: int
    list_cents: int
    discount_bp: int
    net_cents: int
    currency: str
