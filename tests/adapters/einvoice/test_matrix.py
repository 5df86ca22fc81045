"""Every kind of document, in every format, before every rule there is."""

from __future__ import annotations

import pytest

from scaicontrol_adapters.document_files import read_document
from scaicontrol_adapters.einvoice.findings import Profile, Syntax
from scaicontrol_adapters.einvoice.validation import validate_xml
from scaicontrol_adapters.einvoice.writing import einvoice_xml
from scaicontrol_core.documents.einvoice.precheck import findings
from scaicontrol_core.tax import LegalNote, legal_note
from scaicontrol_core.tenancy.fields import EInvoiceFormat
from scaicontrol_core.testing.document_matrix import ODDITIES, Kind, Treatment, matrix_document

CLAIMS = {
    EInvoiceFormat.UBL: Profile.PEPPOL,
    EInvoiceFormat.XRECHNUNG: Profile.XRECHNUNG,
    EInvoiceFormat.CII: Profile.EN16931,
}
UBL_ROOTS = {
    Kind.INVOICE: Syntax.UBL_INVOICE,
    Kind.FULL_CREDIT: Syntax.UBL_CREDIT_NOTE,
    Kind.PARTIAL_CREDIT: Syntax.UBL_CREDIT_NOTE,
}


@pytest.mark.parametrize("oddity", ODDITIES)
@pytest.mark.parametrize("treatment", Treatment)
def test_nobody_finds_fault_with_our_documents(treatment: Treatment, oddity: str) -> None:
    """No fatal finding, and no warning either: our own sums are stricter than the official ones."""
    for kind in Kind:
        document = read_document(matrix_document(treatment, oddity, kind))
        for einvoice_format, profile in CLAIMS.items():
            assert findings(document, einvoice_format) == ()
            report = validate_xml(einvoice_xml(document, einvoice_format))
            assert (report.findings, report.profile) == ((), profile), (kind, einvoice_format)
            syntax = Syntax.CII if einvoice_format is EInvoiceFormat.CII else UBL_ROOTS[kind]
            assert report.syntax is syntax


@pytest.mark.parametrize(
    ("vatex", "note"),
    [
        ("VATEX-EU-132", LegalNote.EXEMPT_PUBLIC_INTEREST),
        (None, LegalNote.EXEMPT_OTHER_ACTIVITY),
        (None, LegalNote.EXEMPT_SMALL_BUSINESS),
        ("VATEX-FR-FRANCHISE", LegalNote.EXEMPT_SMALL_BUSINESS),
    ],
)
def test_a_seller_that_charges_no_vat_says_why(vatex: str | None, note: LegalNote) -> None:
    for kind in Kind:
        made = matrix_document(Treatment.EXEMPT, kind=kind)
        made["vat_details"]["entries"][0] |= {"vatex": vatex, "legal_note": legal_note(note)}
        document = read_document(made)
        for einvoice_format in CLAIMS:
            assert findings(document, einvoice_format) == ()
            assert validate_xml(einvoice_xml(document, einvoice_format)).findings == ()


@pytest.mark.parametrize("treatment", Treatment)
def test_a_hybrid_holds_the_very_xml_that_cii_is(treatment: Treatment) -> None:
    document = matrix_document(treatment)
    plain = einvoice_xml(document, EInvoiceFormat.CII)
    assert einvoice_xml(document, EInvoiceFormat.ZUGFERD) == plain
    assert einvoice_xml(document, EInvoiceFormat.FACTURX) == plain
