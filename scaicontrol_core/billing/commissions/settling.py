"""Settling closed commissions by self-billing: the operator writes the partner's invoice (art. 224).

A month that comes out negative is carried: it stands on the next invoice as a line of its own, and no
invoice is written until there is something to pay.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.billing.commissions.errors import SelfBillingNotAgreed
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.lifecycle import DocumentType
from scaicontrol_core.billing.line import InvoiceLine
from scaicontrol_core.billing.partner_buyer import number_between, prepared_between
from scaicontrol_core.kernel.ids import InvoiceId, LineId
from scaicontrol_core.kernel.period import Cadence, Period, local_date, period_at
from scaicontrol_core.kernel.quantity import Quantity, UnitPrice
from scaicontrol_core.tenancy.seller import BillingModel

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from scaicontrol_core.billing.commissions.closing import Sides
    from scaicontrol_core.billing.commissions.statement import CommissionStatement
    from scaicontrol_core.billing.facts import Prepared, Rules
    from scaicontrol_core.billing.ports import BillingWork
    from scaicontrol_core.kernel.ids import Ids

#: What a line of commission is called, in the language of whoever reads the document.
_WORDS = {
    "en": "Commission",
    "nl": "Commissie",
    "de": "Provision",
    "fr": "Commission",
    "es": "Comisión",
    "it": "Provvigione",
}


@frozen(kw_only=True)
class Settlement:
    """A self-billing invoice, and the statements that it settles."""

    statements: tuple[CommissionStatement, ...]
    prepared: Prepared


async def drafted_settlements(
    work: BillingWork, sides: Sides, statements: Sequence[CommissionStatement], rules: Rules, ids: Ids, now: datetime
) -> tuple[Settlement, ...]:
    """Return an invoice for each currency in which something is owed; nothing is written.

    Raises ``SelfBillingNotAgreed``, and as ``prepared_between`` does.
    """
    owed = [each for each in statements if each.billing_model is BillingModel.SELF_BILLED and each.settled_by is None]
    owed.sort(key=lambda each: (each.currency, each.month))
    settlements: list[Settlement] = []
    for _, same in groupby(owed, key=lambda each: each.currency):
        group = tuple(same)
        if sum(each.commission_cents for each in group) <= 0:
            continue
        _require_agreement(sides, now)
        invoice = _draft(sides, group, ids, now)
        prepared = await prepared_between(work, invoice, sides.partner, sides.operator, rules, now)
        settlements.append(Settlement(statements=group, prepared=prepared))
    return tuple(settlements)


async def settle(work: BillingWork, settlements: Iterable[Settlement]) -> None:
    """Number the invoices and note on the statements what settles them; the caller commits."""
    for settlement in settlements:
        for statement in settlement.statements:
            statement.settle(settlement.prepared.facts.invoice.id)
        await number_between(work, settlement.prepared)
        for statement in settlement.statements:
            await work.commission_statements.save(statement)


def _require_agreement(sides: Sides, now: datetime) -> None:
    own = sides.partner.configuration
    agreed_on = own.self_billing_agreed_on
    if agreed_on is None or agreed_on > local_date(now, own.billing_timezone):
        raise SelfBillingNotAgreed(sides.partner.id)


def _draft(sides: Sides, statements: Sequence[CommissionStatement], ids: Ids, now: datetime) -> Invoice:
    periods = [period_at(each.month, Cadence.MONTHLY, 0) for each in statements]
    word = _WORDS.get(sides.operator.configuration.language, _WORDS["en"])
    return Invoice(
        id=InvoiceId(ids.new("inv")),
        partner_id=sides.partner.id,
        tenant_id=None,
        seller_id=sides.partner.id,
        buyer_partner_id=sides.operator.id,
        document_type=DocumentType.SELF_BILLED_INVOICE,
        currency=statements[0].currency,
        created_at=now,
        period=Period(periods[0].start, periods[-1].end),
        lines=tuple(
            _line(each, period, word, ids)
            for each, period in zip(statements, periods, strict=True)
            if each.commission_cents
        ),
    )


def _line(statement: CommissionStatement, period: Period, word: str, ids: Ids) -> InvoiceLine:
    return InvoiceLine(
        id=LineId(ids.new("lin")),
        description=f"{word} {statement.name}",
        quantity=Quantity(Decimal(1 if statement.commission_cents > 0 else -1)),
        unit_price=UnitPrice(Decimal(abs(statement.commission_cents))),
        period=period,
    )
