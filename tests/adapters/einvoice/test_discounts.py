"""A discount is a line of negative quantity: in every format, and whatever it leaves of its VAT group."""

from __future__ import annotations

from typing import Any

import pytest

from scaicontrol_adapters.einvoice.validation import validate_xml
from scaicontrol_adapters.einvoice.writing import einvoice_xml
from scaicontrol_core.documents.einvoice.precheck import findings
from scaicontrol_core.tenancy.fields import EInvoiceFormat
from scaicontrol_core.testing.documents import sample_credit_note, sample_invoice, sample_line


def charge(position: int = 1, **changes: Any) -> dict[str, Any]:
    return sample_line(
        position, **({"unit_price_cents": "10000", "quantity": "1", "net_cents": 10000, "tax_cents": 2100} | changes)
    )


def discount(**changes: Any) -> dict[str, Any]:
    usual = {"quantity": "-1", "unit_price_cents": "1500", "net_cents": -1500, "tax_cents": -315, "description": "Off"}
    return sample_line(2, **(usual | changes))


DISCOUNTED: dict[str, list[dict[str, Any]]] = {
    "part of a charge": [charge(), discount()],
    "all of a charge": [charge(), discount(quantity="-1", unit_price_cents="10000", net_cents=-10000, tax_cents=-2100)],
    "more than the charge": [charge(unit_price_cents="1000", net_cents=1000, tax_cents=210), discount()],
    "alone in its rate": [charge(), discount(rate_bp=900, tax_cents=-135)],
    "beside a free line": [
        charge(),
        discount(),
        charge(3, unit_price_cents="0", net_cents=0, tax_cents=0),
        charge(4, quantity="0", net_cents=0, tax_cents=0),
    ],
}


@pytest.mark.parametrize("einvoice_format", EInvoiceFormat)
@pytest.mark.parametrize("lines", DISCOUNTED.values(), ids=DISCOUNTED)
def test_no_judge_minds_a_discount(lines: list[dict[str, Any]], einvoice_format: EInvoiceFormat) -> None:
    document = sample_invoice(lines=lines)
    assert findings(document, einvoice_format) == ()
    assert validate_xml(einvoice_xml(document, einvoice_format)).findings == ()


@pytest.mark.parametrize("einvoice_format", EInvoiceFormat)
def test_nor_one_that_is_taken_back_with_its_charge(einvoice_format: EInvoiceFormat) -> None:
    mirrored = [
        line
        | {"quantity": str(-int(line["quantity"])), "net_cents": -line["net_cents"], "tax_cents": -line["tax_cents"]}
        for line in DISCOUNTED["part of a charge"]
    ]
    document = sample_credit_note(lines=mirrored)
    assert findings(document, einvoice_format) == ()
    assert validate_xml(einvoice_xml(document, einvoice_format)).findings == ()
