"""Documents that the buyer wrote: their own type codes, the law's words, and the formats that carry them."""

from __future__ import annotations

from typing import Any

import pytest

from scaicontrol_adapters.document_files import read_document
from scaicontrol_adapters.einvoice.validation import validate_xml
from scaicontrol_adapters.einvoice.writing import einvoice_xml
from scaicontrol_core.documents import invoice_context
from scaicontrol_core.documents.einvoice.precheck import findings
from scaicontrol_core.tenancy.fields import EInvoiceFormat
from scaicontrol_core.testing.document_matrix import Kind, Treatment, matrix_document

WORDS = {
    "en": "Self-billing",
    "nl": "Factuur uitgereikt door afnemer",
    "de": "Gutschrift",
    "fr": "Autofacturation",
    "es": "Facturación por el destinatario",
    "it": "Autofatturazione",
}


def self_billed(treatment: Treatment = Treatment.STANDARD, kind: Kind = Kind.INVOICE) -> dict[str, Any]:
    return read_document(matrix_document(treatment, kind=kind) | {"self_billed": True})


@pytest.mark.parametrize("treatment", Treatment)
def test_the_formats_that_know_the_type_find_no_fault(treatment: Treatment) -> None:
    for kind, code, formats in (
        (Kind.INVOICE, b"389", (EInvoiceFormat.XRECHNUNG, EInvoiceFormat.CII)),
        (Kind.FULL_CREDIT, b"261", (EInvoiceFormat.CII,)),
        (Kind.PARTIAL_CREDIT, b"261", (EInvoiceFormat.CII,)),
    ):
        document = self_billed(treatment, kind)
        for einvoice_format in formats:
            assert findings(document, einvoice_format) == ()
            xml = einvoice_xml(document, einvoice_format)
            assert b"TypeCode>" + code + b"<" in xml
            assert validate_xml(xml).findings == ()


@pytest.mark.parametrize(
    ("kind", "einvoice_format", "rule"),
    [
        (Kind.INVOICE, EInvoiceFormat.UBL, "PEPPOL-EN16931-P0100"),
        (Kind.FULL_CREDIT, EInvoiceFormat.UBL, "PEPPOL-EN16931-P0101"),
        (Kind.FULL_CREDIT, EInvoiceFormat.XRECHNUNG, "BR-DE-17"),
    ],
)
def test_the_others_are_refused_as_their_validators_would(
    kind: Kind, einvoice_format: EInvoiceFormat, rule: str
) -> None:
    document = self_billed(kind=kind)
    assert [each.rule for each in findings(document, einvoice_format)] == [rule]
    assert rule in [each.rule for each in validate_xml(einvoice_xml(document, einvoice_format)).findings]


@pytest.mark.parametrize(("language", "words"), WORDS.items())
def test_the_laws_words_stand_on_paper_and_in_the_xml(language: str, words: str) -> None:
    document = self_billed() | {"language": language}
    assert words in invoice_context(document).legal_notes
    assert words.encode() in einvoice_xml(document, EInvoiceFormat.CII)
    plain = matrix_document(Treatment.STANDARD) | {"language": language}
    assert words not in invoice_context(plain).legal_notes
