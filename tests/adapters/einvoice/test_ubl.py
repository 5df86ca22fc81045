"""UBL as the official rules and an independent reader see it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from scaicontrol_adapters.einvoice.ubl import write_ubl
from scaicontrol_adapters.einvoice.validation import validate_xml
from scaicontrol_core.documents.einvoice.reading import einvoice_of
from scaicontrol_core.kernel.quantity import Quantity, UnitPrice, line_net
from scaicontrol_core.tenancy.fields import EInvoiceFormat
from scaicontrol_core.testing.documents import (
    sample_credit_note,
    sample_invoice,
    sample_line,
    sample_reverse_charge_invoice,
)

PEPPOL, XRECHNUNG = EInvoiceFormat.UBL, EInvoiceFormat.XRECHNUNG
BOTH = pytest.mark.parametrize("einvoice_format", [PEPPOL, XRECHNUNG])
_UBL = "urn:oasis:names:specification:ubl:schema:xsd"
_PREFIXES = {"cac": f"{_UBL}:CommonAggregateComponents-2", "cbc": f"{_UBL}:CommonBasicComponents-2"}
GERMAN = {"country_code": "DE", "vat_number": "DE129273398", "city": "Berlin", "postal_code": "10115"}


def written(document: dict[str, Any], einvoice_format: EInvoiceFormat = PEPPOL) -> bytes:
    return write_ubl(einvoice_of(document, einvoice_format))


def text(xml: bytes, path: str) -> list[str]:
    """Return the texts at a path from the root."""
    found: Any = etree.fromstring(xml).xpath(f"{path}/text()", namespaces=_PREFIXES)
    return [str(each) for each in found]


def line(position: int = 1, quantity: str = "1", price: str = "19900", **changes: Any) -> dict[str, Any]:
    """Return a line whose net is what quantity and price make."""
    divisor = changes.get("price_divisor", 1)
    net = line_net(Quantity(quantity), UnitPrice(price, divisor))
    return sample_line(position, quantity=quantity, unit_price_cents=price, net_cents=net, **changes)


def outside_scope() -> dict[str, Any]:
    swiss = {"country_code": "CH", "vat_number": "CHE-123.456.788 MWST", "city": "Zürich", "postal_code": "8001"}
    document = sample_invoice(lines=[line(category="O", rate_bp=0)], buyer=swiss)
    note = "Outside the scope of EU VAT - Art. 44 Directive 2006/112/EC"
    document["vat_details"]["entries"][0] |= {"vatex": "VATEX-EU-O", "legal_note": note}
    return document


def mixed() -> dict[str, Any]:
    lines = [line(1, "3.5"), line(2, "-1", "1500"), line(3, "2", "999", rate_bp=900), line(4, category="E", rate_bp=0)]
    document = sample_invoice(lines=lines)
    note = "VAT exempt - Art. 151 Directive 2006/112/EC"
    document["vat_details"]["entries"][2] |= {"vatex": "VATEX-EU-151", "legal_note": note}
    return document


DOCUMENTS: dict[str, Callable[[], dict[str, Any]]] = {
    "domestic": sample_invoice,
    "reverse charge": sample_reverse_charge_invoice,
    "credit note": sample_credit_note,
    "outside the scope": outside_scope,
    "mixed rates": mixed,
    "one cent": lambda: sample_invoice(lines=[line(price="1")]),
    "nine decimals": lambda: sample_invoice(
        lines=[line(1, "0.123456789", "12345.678901234"), line(2, "123456.000000001", "0.5", price_divisor=10)]
    ),
    "sixty lines": lambda: sample_invoice(lines=[line(n, str(n % 7 + 1), str(100 + n * 37)) for n in range(1, 61)]),
    "negative total": lambda: sample_invoice(lines=[line(quantity="-2")]),
    "nothing to pay": lambda: sample_invoice(lines=[line(1), line(2, "-1")]),
    "credit of a discount": lambda: sample_credit_note(lines=[line(quantity="2")]),
    "any letters": lambda: sample_invoice(
        lines=[line(description="„Größe“ €5 – <b>&amp; ありがとう ]]>\nsecond line")], notes="Ω" * 1500 + "\n\n# more"
    ),
    "dollars": lambda: sample_invoice(
        currency="USD",
        creditor_reference=None,
        vat_accounting={"currency": "EUR", "rate": "1.0834", "tax_cents": 3857},
    ),
    "yen": lambda: sample_invoice(lines=[line(price="1200")], currency="JPY", creditor_reference=None),
    "without a period": lambda: sample_invoice(
        lines=[line(period_start=None, period_end=None)], period_start=None, period_end=None
    ),
    "public buyer": lambda: sample_invoice(buyer={"leitweg_id": "04011000-12345-34"}, buyer_reference="PO 7"),
    "two Germans": lambda: sample_invoice(seller=GERMAN | {"tax_number": "133/8150/8159"}, buyer=GERMAN),
    "credit between Germans": lambda: sample_credit_note(seller=GERMAN, buyer=GERMAN),
    "no VAT number abroad": lambda: sample_invoice(
        buyer={"country_code": "US", "vat_number": "12-3456789", "peppol_id": "12-3456789", "peppol_scheme": "9959"}
    ),
}


@BOTH
@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_passes_the_official_rules(name: str, einvoice_format: EInvoiceFormat) -> None:
    document = DOCUMENTS[name]()
    assert [str(finding) for finding in validate_xml(written(document, einvoice_format)).findings] == []


def test_the_rules_would_have_told() -> None:
    xml = written(sample_invoice()).replace(b">41.79<", b">43.79<")
    assert {"BR-CO-15", "BR-CO-17"} <= {finding.rule for finding in validate_xml(xml).findings}


def test_an_independent_reader_finds_what_was_frozen() -> None:
    xml = written(mixed())
    assert text(xml, "/*/cbc:ID") == ["SCAI-2026-000042"]
    assert text(xml, "/*/cac:InvoiceLine/cbc:InvoicedQuantity") == ["3.5", "-1", "2", "1"]
    assert text(xml, "/*/cac:InvoiceLine/cbc:LineExtensionAmount") == ["696.50", "-15.00", "19.98", "199.00"]
    group = "/*/cac:TaxTotal/cac:TaxSubtotal"
    assert text(xml, f"{group}/cac:TaxCategory/cbc:ID") == ["S", "S", "E"]
    assert text(xml, f"{group}/cac:TaxCategory/cbc:Percent") == ["21.00", "9.00", "0.00"]
    assert text(xml, f"{group}/cac:TaxCategory/cbc:TaxExemptionReasonCode") == ["VATEX-EU-151"]
    taxes = [Decimal(each) for each in text(xml, f"{group}/cbc:TaxAmount")]
    assert [sum(taxes)] == [Decimal(each) for each in text(xml, "/*/cac:TaxTotal/cbc:TaxAmount")]
    party = "/*/cac:AccountingSupplierParty/cac:Party"
    assert text(xml, f"{party}/cac:PartyTaxScheme/cbc:CompanyID") == ["NL868355884B01"]


def test_a_credit_note_has_a_root_of_its_own_and_positive_amounts() -> None:
    xml = written(sample_credit_note())
    assert etree.QName(etree.fromstring(xml)).localname == "CreditNote"
    assert text(xml, "/*/cbc:CreditNoteTypeCode") == ["381"]
    assert text(xml, "/*/cac:CreditNoteLine/cbc:CreditedQuantity") == ["1"]
    assert text(xml, "/*/cac:LegalMonetaryTotal/cbc:PayableAmount") == ["240.79"]
    assert text(xml, "/*/cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID") == ["SCAI-2026-000042"]
    assert text(xml, "/*/cbc:DueDate") == []


def test_outside_the_scope_no_vat_number_is_written() -> None:
    xml = written(outside_scope())
    assert text(xml, "//cac:PartyTaxScheme/cbc:CompanyID") == []
    assert text(xml, "//cbc:Percent") == []
    assert text(xml, "//cac:PartyLegalEntity/cbc:CompanyLegalForm") == ["Btw-nummer NL868355884B01"]


def test_vat_in_euros_beside_dollars() -> None:
    xml = written(DOCUMENTS["dollars"]())
    assert text(xml, "/*/cbc:TaxCurrencyCode") == ["EUR"]
    assert text(xml, "/*/cac:TaxTotal/cbc:TaxAmount[@currencyID='EUR']") == ["38.57"]


@BOTH
@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_element_is_empty_and_the_bytes_are_always_the_same(name: str, einvoice_format: EInvoiceFormat) -> None:
    xml = written(DOCUMENTS[name](), einvoice_format)
    assert [each.tag for each in etree.fromstring(xml).iter() if not len(each) and not (each.text or "").strip()] == []
    assert written(DOCUMENTS[name](), einvoice_format) == xml
