"""That a document adds up, to the cent.

The official rules let almost one whole euro of difference per VAT group pass (BR-CO-17 as it is
coded); the standard's text does not, and neither do we.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from scaicontrol_core.documents.einvoice.rules.finding import Case, Finding, wrong
from scaicontrol_core.kernel.money import round_half_away
from scaicontrol_core.kernel.quantity import Quantity, UnitPrice, line_net

Facts = Mapping[str, Any]
_WHOLE = 10_000


def sums(case: Case) -> Iterator[Finding]:
    """Yield every sum that is not what its parts make; amounts are compared in minor units, as frozen."""
    document = case.document
    lines, entries, totals = document["lines"], document["vat_details"]["entries"], document["totals"]
    yield from _line_nets(lines)
    yield from _groups(lines, entries, is_credit_note=document["document_type"] == "credit_note")
    net, tax, gross = (totals[name] for name in ("net_cents", "tax_cents", "gross_cents"))
    yield from _equal("BR-CO-10", "BT-106", "/totals/net_cents", net, sum(line["net_cents"] for line in lines))
    yield from _equal("BR-CO-14", "BT-110", "/totals/tax_cents", tax, sum(entry["amount_cents"] for entry in entries))
    yield from _equal("BR-CO-15", "BT-112", "/totals/gross_cents", gross, net + tax)
    payable, prepaid = totals["payable_cents"], totals["prepaid_cents"]
    yield from _equal("BR-CO-16", "BT-115", "/totals/payable_cents", payable, gross - prepaid)
    yield from _accounting(case)


def _line_nets(lines: list[Facts]) -> Iterator[Finding]:
    for index, line in enumerate(lines):
        price = UnitPrice(line["unit_price_cents"], line["price_divisor"])
        exact = line_net(Quantity(line["quantity"]), price)
        yield from _equal("PEPPOL-EN16931-R120", "BT-131", f"/lines/{index}/net_cents", line["net_cents"], exact)


def _groups(lines: list[Facts], entries: list[Facts], *, is_credit_note: bool) -> Iterator[Finding]:
    """Yield what is wrong with the groups.

    Parts of a credit take the differences of a running total, so that they add up to the whole:
    each may lie one minor unit from its own exact VAT.
    """
    allowed = 1 if is_credit_note else 0
    kinds = dict.fromkeys((entry["category"], _basis_points(entry)) for entry in entries)
    of_lines = {(line["category"], line["rate_bp"]) for line in lines}
    if set(kinds) != of_lines:
        yield wrong("BR-CO-18", "BG-23", "/vat_details/entries", "The VAT groups are not those of the lines.")
    for category, rate_bp in kinds:
        own = [entry for entry in entries if (entry["category"], _basis_points(entry)) == (category, rate_bp)]
        taxable, tax = sum(each["taxable_cents"] for each in own), sum(each["amount_cents"] for each in own)
        nets = sum(line["net_cents"] for line in lines if (line["category"], line["rate_bp"]) == (category, rate_bp))
        yield from _equal(f"BR-{_infix(category)}-08", "BT-116", "/vat_details/entries", taxable, nets)
        exact = round_half_away(taxable * rate_bp, _WHOLE)
        if abs(tax - exact) > allowed:
            yield from _equal("BR-CO-17", "BT-117", "/vat_details/entries", tax, exact)


def _accounting(case: Case) -> Iterator[Finding]:
    stated = case.einvoice.accounting_tax
    if stated is None:
        return
    if stated.currency == case.einvoice.currency:
        yield wrong("PEPPOL-EN16931-R005", "BT-6", "/vat_accounting/currency", "The VAT's currency is the document's.")
    if stated.tax * case.einvoice.totals.tax < 0:
        yield wrong("PEPPOL-EN16931-R055", "BT-111", "/vat_accounting/tax_cents", "The VAT has two signs.")


def _equal(rule: str, term: str, pointer: str, stated: int, exact: int) -> Iterator[Finding]:
    if stated != exact:
        yield wrong(rule, term, pointer, f"{stated} is stated where the parts make {exact} (minor units).")


def _basis_points(entry: Facts) -> int:
    return int(Decimal(entry["rate"]) * 100)


def _infix(category: str) -> str:
    return "IC" if category == "K" else category
