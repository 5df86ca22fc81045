"""However an invoice is taken back, in one part or in many: it sums to exactly what was charged, never to more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from scaicontrol_core.billing.credit_note import LineCredit, NewCreditNote
from scaicontrol_core.billing.crediting import Credit, credit_of
from scaicontrol_core.billing.errors import CreditCharges, CreditExceedsInvoice, InvoiceFullyCredited
from scaicontrol_core.billing.foreign_currency import vat_accounting
from scaicontrol_core.billing.frozen_document import FrozenDocument, canonical_json
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.lifecycle import InvoiceStatus
from scaicontrol_core.billing.line import InvoiceLine
from scaicontrol_core.kernel.ids import InvoiceId, LineId, PartnerId, TenantId
from scaicontrol_core.kernel.quantity import Quantity, UnitPrice, line_net, plain
from scaicontrol_core.tax.breakdown import group_tax, spread_tax
from scaicontrol_core.tax.exchange_rates import CrossRate
from scaicontrol_core.testing import SequentialIds
from scaicontrol_core.testing.clock import DEFAULT_START
from scaicontrol_core.testing.documents import sample_invoice, sample_line

TODAY = date(2026, 3, 1)
RATE = CrossRate(source="ECB", day=TODAY, currency="USD", own_currency="EUR", per_euro=Decimal("1.0834"))
VAT = (("S", 2100), ("S", 900), ("S", 2550), ("AE", 0), ("G", 0))

quantities = st.decimals("0.001", "99", places=3) | st.integers(1, 20).map(Decimal)
prices = st.decimals("0", "5000", places=2) | st.integers(0, 20000).map(Decimal)
lines = st.lists(
    st.tuples(quantities, prices, st.sampled_from(VAT), st.sampled_from([1, 1, 1, 1, -1])), min_size=1, max_size=6
)
#: Which lines, how much of what is left of them (in per cent), and in which way.
wishes = st.lists(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 100), st.booleans()), min_size=1, max_size=3), max_size=8
)


def invoice_of(drawn: list[Any]) -> Invoice:
    """Return a numbered invoice in dollars, of a seller that accounts in euros."""
    own = tuple(
        InvoiceLine(
            id=LineId(f"lin_{count}"),
            description=f"Line {count}",
            quantity=Quantity(quantity * sign),
            unit_price=UnitPrice(price),
        )
        for count, (quantity, price, _, sign) in enumerate(drawn)
    )
    taxes = line_taxes([(line.net_cents, vat) for line, (_, _, vat, _) in zip(own, drawn, strict=True)])
    shown = [
        sample_line(
            position,
            description=line.description,
            unit_code=line.unit_code,
            quantity=plain(line.quantity.value),
            unit_price_cents=plain(line.unit_price.cents),
            net_cents=line.net_cents,
            category=category,
            rate_bp=rate_bp,
            tax_cents=tax,
        )
        for position, (line, (_, _, (category, rate_bp), _), tax) in enumerate(zip(own, drawn, taxes, strict=True), 1)
    ]
    document = sample_invoice(lines=shown, currency="USD")
    document["vat_accounting"] = vat_accounting(RATE, document["vat_details"]["entries"])
    totals = {name: document["totals"][name] for name in ("net_cents", "tax_cents", "gross_cents")}
    return Invoice(
        id=InvoiceId("inv_1"),
        partner_id=PartnerId("prt_1"),
        tenant_id=TenantId("tnt_1"),
        seller_id=PartnerId("prt_1"),
        currency="USD",
        created_at=DEFAULT_START,
        status=InvoiceStatus.FINALIZED,
        lines=own,
        number=document["number"],
        frozen_document=canonical_json(document),
        **totals,
    )


def line_taxes(rows: list[tuple[int, tuple[str, int]]]) -> list[int]:
    taxes = [0] * len(rows)
    for vat in dict.fromkeys(vat for _, vat in rows):
        places = [place for place, (_, own) in enumerate(rows) if own == vat]
        for place, share in zip(places, spread_tax([rows[place][0] for place in places], vat[1]), strict=True):
            taxes[place] = share
    return taxes


def credited(invoice: Invoice, wanted: NewCreditNote) -> Credit:
    """Issue it on paper: the invoice remembers."""
    credit = credit_of(invoice, wanted, TODAY, SequentialIds())
    invoice.take_back(credit.credited, InvoiceId(f"inv_cn{len(invoice.credited.note_ids)}"), DEFAULT_START)
    return credit


def wish(invoice: Invoice, drawn: list[tuple[int, int, bool]]) -> NewCreditNote:
    """Turn percentages into amounts and quantities of what is left."""
    chosen: dict[int, LineCredit] = {}
    for place, percent, by_quantity in drawn:
        position = place % len(invoice.lines) + 1
        line, before = invoice.lines[position - 1], invoice.credited.of_line(position)
        quantity = round((line.quantity.value - before.quantity) * percent / 100, 9)
        net = (line.net_cents - before.net_cents) * percent // 100
        if by_quantity and quantity:
            chosen[position] = LineCredit(position=position, quantity=plain(quantity))
        elif not by_quantity and net:
            chosen[position] = LineCredit(position=position, net_cents=net)
        else:
            chosen[position] = LineCredit(position=position)
    return NewCreditNote(reason="Agreed", lines=tuple(chosen.values()))


def take_all(invoice: Invoice, drawn: list[list[tuple[int, int, bool]]]) -> list[FrozenDocument]:
    """Credit part after part, and the rest: what can't be credited is refused and changes nothing."""
    notes = []
    for each in drawn:
        before = invoice.credited
        with suppress(CreditExceedsInvoice, CreditCharges, InvoiceFullyCredited):
            notes.append(credited(invoice, wish(invoice, each)).document)
            continue
        assert invoice.credited == before
    with suppress(InvoiceFullyCredited):
        notes.append(credited(invoice, NewCreditNote(reason="The rest")).document)
    return notes


def sums(documents: Iterable[dict[str, Any]]) -> dict[Any, int]:
    """Add up totals, groups, lines' nets, and both in the seller's currency."""
    found: dict[Any, int] = defaultdict(int)
    for document in documents:
        for name in ("net_cents", "tax_cents", "gross_cents"):
            found[name] += document["totals"][name]
            found["EUR", name] += document["vat_accounting"][name]
        entries = document["vat_details"]["entries"]
        for entry, own in zip(entries, document["vat_accounting"]["entries"], strict=True):
            for name in ("taxable_cents", "amount_cents"):
                found[entry["category"], entry["rate"], name] += entry[name]
                found["EUR", entry["category"], entry["rate"], name] += own[name]
        for line in document["lines"]:
            found["line", line["original_position"] or line["position"]] += line["net_cents"]
    return {name: amount for name, amount in found.items() if amount}


@given(lines, wishes)
@settings(max_examples=300)
def test_all_parts_together_are_exactly_what_was_charged(drawn: list[Any], parts: list[Any]) -> None:
    invoice = invoice_of(drawn)
    notes = take_all(invoice, parts)
    charged, taken = sums([invoice.document or {}]), sums(note.to_dict() for note in notes)
    assert taken == {name: -amount for name, amount in charged.items()}
    assert (invoice.credited.gross_cents, invoice.open_cents) == (invoice.gross_cents, 0)


@given(lines, wishes)
def test_every_note_adds_up_and_is_a_credit(drawn: list[Any], parts: list[Any]) -> None:
    invoice = invoice_of(drawn)
    for note in take_all(invoice, parts):
        totals, groups = note.totals, {(each["category"], each["rate"]): each for each in note.vat_entries}
        assert totals.gross_cents == totals.net_cents + totals.tax_cents == totals.payable_cents
        assert totals.net_cents == sum(line.net_cents for line in note.lines)
        assert totals.net_cents * invoice.net_cents <= 0
        assert totals.gross_cents * invoice.gross_cents <= 0
        for (category, rate), entry in groups.items():
            own = [line for line in note.lines if (line.category, f"{line.rate_bp / 100:.2f}") == (category, rate)]
            assert entry["taxable_cents"] == sum(line.net_cents for line in own)
            assert entry["amount_cents"] == sum(line.tax_cents for line in own)
            # EN 16931 BR-CO-17 but for the cent that earlier notes rounded the other way.
            assert abs(entry["amount_cents"] - group_tax(entry["taxable_cents"], own[0].rate_bp)) <= 1
            assert category not in {"AE", "G"} or entry["amount_cents"] == 0
        for line in note.lines:
            assert line_net(Quantity(line.quantity), UnitPrice(line.unit_price_cents)) == line.net_cents


@given(lines)
def test_one_part_mirrors_the_invoice(drawn: list[Any]) -> None:
    invoice = invoice_of(drawn)
    original = invoice.document or {}
    (note,) = take_all(invoice, [])
    mirrored = [
        line
        | {"quantity": plain(-Decimal(line["quantity"])), "original_position": line["position"]}
        | {name: -line[name] for name in ("net_cents", "tax_cents")}
        for line in original["lines"]
    ]
    assert note.to_dict()["lines"] == mirrored
