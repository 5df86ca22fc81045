"""Billing a partner that sells in its own name: one invoice a month and currency, a line per period charged."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.billing.invoice import MAX_LINES, Invoice
from scaicontrol_core.billing.partner_buyer import number_between, prepared_between
from scaicontrol_core.billing.wholesale.charge import WholesaleCharge
from scaicontrol_core.kernel.ids import InvoiceId, LineId
from scaicontrol_core.kernel.period import Cadence, local_date, period_at, start_of_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scaicontrol_core.billing.commissions.closing import Sides
    from scaicontrol_core.billing.facts import Prepared, Rules
    from scaicontrol_core.billing.ports import BillingWork
    from scaicontrol_core.billing.wholesale.charge import UnbilledCharge
    from scaicontrol_core.kernel.ids import Ids


@frozen(kw_only=True)
class PartnerBill:
    """An invoice to a partner, and the charges on it, one for each line in order."""

    prepared: Prepared
    charges: tuple[WholesaleCharge, ...]


async def drafted_bills(  # the facts of one question
    work: BillingWork, sides: Sides, before: date, rules: Rules, ids: Ids, now: datetime
) -> tuple[PartnerBill, ...]:
    """Return what a partner is to be billed of the months before one; nothing is written.

    What comes to nothing to pay (credits that outweigh the charges) is carried to the next month. Raises as
    ``prepared_between`` does.
    """
    timezone = sides.operator.configuration.billing_timezone
    unbilled = await work.wholesale_charges.unbilled(sides.partner.id, start_of_day(before, timezone))
    bills: list[PartnerBill] = []
    carried: dict[str, list[UnbilledCharge]] = defaultdict(list)
    for month, currency, own in _heaps(unbilled, timezone):
        waiting = [*carried.pop(currency, ()), *own]
        for first in range(0, len(waiting), MAX_LINES):
            charges = waiting[first : first + MAX_LINES]
            invoice = _draft(sides, month, charges, ids, now)
            if invoice.lines_net_cents <= 0:
                carried[currency] += charges
                continue
            prepared = await prepared_between(work, invoice, sides.operator, sides.partner, rules, now)
            bills.append(PartnerBill(prepared=prepared, charges=tuple(_charged(sides, invoice, charges))))
    return tuple(bills)


async def bill(work: BillingWork, bills: Iterable[PartnerBill]) -> None:
    """Number the invoices and enter their charges in the ledger; the caller commits."""
    for each in bills:
        await number_between(work, each.prepared)
        await work.wholesale_charges.add_many(each.charges)


def _heaps(unbilled: Sequence[UnbilledCharge], timezone: str) -> Iterator[tuple[date, str, list[UnbilledCharge]]]:
    """Yield each month's charges in each currency, the oldest month first."""
    heaps: dict[tuple[date, str], list[UnbilledCharge]] = defaultdict(list)
    for charge in unbilled:
        month = local_date(charge.billed_at, timezone).replace(day=1)
        heaps[month, charge.currency].append(charge)
    for (month, currency), charges in sorted(heaps.items(), key=lambda heap: heap[0]):
        yield month, currency, charges


def _draft(sides: Sides, month: date, charges: Sequence[UnbilledCharge], ids: Ids, now: datetime) -> Invoice:
    discount = sides.partner.configuration.commission_rate
    return Invoice(
        id=InvoiceId(ids.new("inv")),
        partner_id=sides.partner.id,
        tenant_id=None,
        seller_id=sides.operator.id,
        buyer_partner_id=sides.partner.id,
        currency=charges[0].currency,
        created_at=now,
        period=period_at(month, Cadence.MONTHLY, 0),
        lines=tuple(charge.line(LineId(ids.new("lin")), discount) for charge in charges),
    )


def _charged(sides: Sides, invoice: Invoice, charges: Sequence[UnbilledCharge]) -> Iterator[WholesaleCharge]:
    for position, (charge, line) in enumerate(zip(charges, invoice.lines, strict=True), 1):
        yield WholesaleCharge(
            subscription_id=charge.subscription_id,
            ordinal=charge.ordinal,
            charge_kind=charge.charge_kind,
            partner_id=sides.partner.id,
            invoice_id=invoice.id,
            position=position,
            list_cents=charge.list_cents,
            discount_bp=sides.partner.configuration.commission_rate,
            net_cents=line.net_cents,
            currency=charge.currency,
        )
