"""Whatever is sold, in whatever quantities: the XML is sound, and says the frozen document's amounts to the cent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from scaicontrol_adapters.einvoice.validation import validate_xml
from scaicontrol_adapters.einvoice.writing import einvoice_xml
from scaicontrol_core.documents.einvoice.precheck import findings
from scaicontrol_core.tenancy.fields import EInvoiceFormat
from scaicontrol_core.testing.document_matrix import Document, Kind, Treatment, matrix_document, with_lines

CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"

quantities = st.decimals(Decimal(-1000), Decimal(100_000), places=9).filter(bool)
texts = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=30)
rows = st.fixed_dictionaries(
    {
        "description": texts,
        "quantity": quantities.map(lambda quantity: format(quantity.normalize(), "f")),
        "unit_price_cents": st.decimals(0, 1_000_000, places=4).map(lambda price: format(price.normalize(), "f")),
        "price_divisor": st.sampled_from([1, 10, 1000]),
        "unit_code": st.sampled_from(["C62", "MON", "ANN", "HUR"]),
    }
)
documents = st.builds(
    lambda treatment, lines, kind: matrix_document(treatment, with_lines(*lines), kind),
    st.sampled_from(Treatment),
    st.lists(rows, min_size=1, max_size=6),
    st.sampled_from([Kind.INVOICE, Kind.FULL_CREDIT]),
)


@given(documents)
@settings(max_examples=40, deadline=None)
def test_every_sound_document_is_a_sound_einvoice(document: Document) -> None:
    for einvoice_format in (EInvoiceFormat.UBL, EInvoiceFormat.XRECHNUNG, EInvoiceFormat.CII):
        assert findings(document, einvoice_format) == ()
        xml = einvoice_xml(document, einvoice_format)
        assert validate_xml(xml).findings == ()
        assert amounts(etree.fromstring(xml)) == frozen_amounts(document)


def frozen_amounts(document: Document) -> dict[str, Any]:
    sign = -1 if document["document_type"] == "credit_note" else 1
    totals = {name: sign * Decimal(cents).scaleb(-2) for name, cents in document["totals"].items()}
    return {
        "totals": [totals[name] for name in ("net_cents", "tax_cents", "gross_cents", "payable_cents")],
        "lines": [sign * Decimal(line["net_cents"]).scaleb(-2) for line in document["lines"]],
        "names": [line["description"] for line in document["lines"]],
    }


def amounts(root: etree._Element) -> dict[str, Any]:
    """Read the sums back, by paths that no code of ours has written."""
    if root.tag.endswith("CrossIndustryInvoice"):
        sums = next(root.iter(f"{RAM}SpecifiedTradeSettlementHeaderMonetarySummation"))
        names = ("TaxBasisTotalAmount", "TaxTotalAmount", "GrandTotalAmount", "DuePayableAmount")
        lines = list(root.iter(f"{RAM}SpecifiedTradeSettlementLineMonetarySummation"))
        return {
            "totals": [decimal(sums, RAM + name) for name in names],
            "lines": [decimal(line, f"{RAM}LineTotalAmount") for line in lines],
            "names": [product.findtext(f"{RAM}Name") for product in root.iter(f"{RAM}SpecifiedTradeProduct")],
        }
    sums = next(root.iter(f"{CAC}LegalMonetaryTotal"))
    lines = [line for line in root if line.tag in {f"{CAC}InvoiceLine", f"{CAC}CreditNoteLine"}]
    return {
        "totals": [
            decimal(sums, f"{CBC}TaxExclusiveAmount"),
            decimal(next(root.iter(f"{CAC}TaxTotal")), f"{CBC}TaxAmount"),
            decimal(sums, f"{CBC}TaxInclusiveAmount"),
            decimal(sums, f"{CBC}PayableAmount"),
        ],
        "lines": [decimal(line, f"{CBC}LineExtensionAmount") for line in lines],
        "names": [line.findtext(f"{CAC}Item/{CBC}Name") for line in lines],
    }


def decimal(element: etree._Element, path: str) -> Decimal:
    return Decimal(element.findtext(path) or "missing")
