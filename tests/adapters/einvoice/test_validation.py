"""The judge: what is sound passes, what is broken is refused under the published rule's name."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import yaml
from lxml import etree

from scaicontrol_adapters.einvoice import rule_sets
from scaicontrol_adapters.einvoice.cii import write_cii
from scaicontrol_adapters.einvoice.findings import Profile, Severity, Syntax
from scaicontrol_adapters.einvoice.validation import validate_xml
from scaicontrol_adapters.einvoice.writing import einvoice_xml
from scaicontrol_core.documents.einvoice.addressing import PEPPOL_SCHEMES
from scaicontrol_core.documents.einvoice.reading import einvoice_of
from scaicontrol_core.tenancy.fields import EInvoiceFormat
from scaicontrol_core.testing.document_matrix import Kind, Treatment, matrix_document

NAMESPACES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}
Change = Callable[[etree._Element], None]


def found(root: etree._Element, path: str) -> list[Any]:
    elements: Any = root.xpath(path, namespaces=NAMESPACES)
    assert elements, path
    return list(elements)


def without(path: str) -> Change:
    def change(root: etree._Element) -> None:
        for element in found(root, path):
            element.getparent().remove(element)

    return change


def saying(path: str, text: str) -> Change:
    def change(root: etree._Element) -> None:
        found(root, path)[0].text = text

    return change


def stating(path: str, attribute: str, value: str) -> Change:
    def change(root: etree._Element) -> None:
        found(root, path)[0].set(attribute, value)

    return change


def twice(path: str) -> Change:
    def change(root: etree._Element) -> None:
        element = found(root, path)[0]
        element.addnext(etree.fromstring(etree.tostring(element)))

    return change


def broken(
    einvoice_format: EInvoiceFormat, change: Change, treatment: Treatment = Treatment.STANDARD, **matrix: Any
) -> bytes:
    root = etree.fromstring(einvoice_xml(matrix_document(treatment, **matrix), einvoice_format))
    change(root)
    return etree.tostring(root)


SELLER, BUYER = "cac:AccountingSupplierParty/cac:Party", "cac:AccountingCustomerParty/cac:Party"
CONTACT = f"{SELLER}/cac:Contact"
PEPPOL, XRECHNUNG, CII = EInvoiceFormat.UBL, EInvoiceFormat.XRECHNUNG, EInvoiceFormat.CII
AE, OUTSIDE, GERMAN = Treatment.REVERSE_CHARGE, Treatment.OUTSIDE_SCOPE, {"oddity": "german_parties"}

BROKEN: list[tuple[str, EInvoiceFormat, Change, Treatment, dict[str, Any]]] = [
    # EN 16931, both syntaxes
    ("BR-05", PEPPOL, without("cbc:DocumentCurrencyCode"), Treatment.STANDARD, {}),
    ("BR-02", PEPPOL, saying("cbc:ID", " "), Treatment.STANDARD, {}),
    ("BR-CO-10", PEPPOL, saying("cac:LegalMonetaryTotal/cbc:LineExtensionAmount", "1.00"), Treatment.STANDARD, {}),
    ("BR-CO-15", PEPPOL, saying("cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount", "1.00"), Treatment.STANDARD, {}),
    ("BR-CO-16", PEPPOL, saying("cac:LegalMonetaryTotal/cbc:PayableAmount", "1.00"), Treatment.STANDARD, {}),
    ("BR-CO-14", CII, saying("//ram:TaxTotalAmount", "1.00"), Treatment.STANDARD, {}),
    ("BR-S-08", CII, saying("//ram:ApplicableHeaderTradeSettlement/ram:ApplicableTradeTax/ram:BasisAmount", "9.00"),
     Treatment.STANDARD, {}),
    ("BR-AE-10", PEPPOL, without("//cbc:TaxExemptionReason | //cbc:TaxExemptionReasonCode"), AE, {}),
    ("BR-AE-02", PEPPOL, without(f"{BUYER}/cac:PartyTaxScheme"), AE, {}),
    ("BR-AE-02", CII, without("//ram:BuyerTradeParty/ram:SpecifiedTaxRegistration"), AE, {}),
    ("BR-AE-08", CII, saying("//ram:ApplicableHeaderTradeSettlement/ram:ApplicableTradeTax/ram:BasisAmount", "9.00"),
     AE, {}),
    ("BR-CL-01", PEPPOL, saying("cbc:InvoiceTypeCode", "381"), Treatment.STANDARD, {}),
    ("BR-CL-23", PEPPOL, stating("//cbc:InvoicedQuantity", "unitCode", "month"), Treatment.STANDARD, {}),
    ("BR-DEC-12", PEPPOL, saying("cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount", "199.001"), Treatment.STANDARD, {}),
    ("BR-CO-25", PEPPOL, without("cbc:DueDate | cac:PaymentTerms"), Treatment.STANDARD, {}),
    ("BR-CO-25", CII, without("//ram:SpecifiedTradePaymentTerms"), Treatment.STANDARD, {}),
    ("BR-27", CII, saying("//ram:NetPriceProductTradePrice/ram:ChargeAmount", "-199.00"), Treatment.STANDARD, {}),
    # Factur-X: code lists, and what it alone forbids
    ("FX-SCH-A-000613", CII, stating("//ram:BilledQuantity", "unitCode", "month"), Treatment.STANDARD, {}),
    ("FX-SCH-A-000580", CII, saying("//ram:CountryID", "ZZ"), Treatment.STANDARD, {}),
    ("FACTURX-EN16931", CII, saying("//ram:InvoiceCurrencyCode", "EUX"), Treatment.STANDARD, {}),
    # Peppol
    ("PEPPOL-EN16931-R001", PEPPOL, without("cbc:ProfileID"), Treatment.STANDARD, {}),
    ("PEPPOL-EN16931-R003", PEPPOL, without("cbc:BuyerReference"), Treatment.STANDARD, {}),
    ("PEPPOL-EN16931-R005", PEPPOL, saying("cbc:TaxCurrencyCode", "USD"), Treatment.STANDARD, {"oddity": "dollars"}),
    ("PEPPOL-EN16931-R007", PEPPOL, saying("cbc:ProfileID", "billing"), Treatment.STANDARD, {}),
    ("PEPPOL-EN16931-R008", PEPPOL, saying("cbc:BuyerReference", ""), Treatment.STANDARD, {}),
    ("PEPPOL-EN16931-R010", PEPPOL, without(f"{BUYER}/cbc:EndpointID"), Treatment.STANDARD, {}),
    ("PEPPOL-EN16931-R020", PEPPOL, without(f"{SELLER}/cbc:EndpointID"), Treatment.STANDARD, {}),
    ("PEPPOL-EN16931-R051", PEPPOL, stating("//cbc:PriceAmount", "currencyID", "USD"), Treatment.STANDARD, {}),
    ("PEPPOL-EN16931-R054", PEPPOL, without("cbc:TaxCurrencyCode"), Treatment.STANDARD, {"oddity": "dollars"}),
    ("PEPPOL-EN16931-R110", PEPPOL, saying("//cac:InvoiceLine//cbc:StartDate", "2025-12-31"), Treatment.STANDARD, {}),
    ("PEPPOL-EN16931-R111", PEPPOL, saying("//cac:InvoiceLine//cbc:EndDate", "2026-12-31"), Treatment.STANDARD, {}),
    ("PEPPOL-EN16931-R120", PEPPOL, saying("//cbc:InvoicedQuantity", "2"), Treatment.STANDARD, {}),
    ("PEPPOL-EN16931-R130", PEPPOL, stating("//cbc:BaseQuantity", "unitCode", "HUR"), Treatment.STANDARD,
     {"oddity": "nine_decimals"}),
    ("PEPPOL-EN16931-F001", PEPPOL, saying("cbc:IssueDate", "2026-01-31+01:00"), Treatment.STANDARD, {}),
    ("PEPPOL-EN16931-CL008", PEPPOL, stating(f"{BUYER}/cbc:EndpointID", "schemeID", "EM"), Treatment.STANDARD, {}),
    ("PEPPOL-EN16931-P0101", PEPPOL, saying("cbc:CreditNoteTypeCode", "261"), Treatment.STANDARD,
     {"kind": Kind.FULL_CREDIT}),
    ("PEPPOL-EN16931-P0107", PEPPOL, saying("//cbc:TaxExemptionReasonCode", "VATEX-EU-AE"), OUTSIDE, {}),
    ("PEPPOL-EN16931-P0112", PEPPOL, saying("cbc:InvoiceTypeCode", "384"), Treatment.STANDARD, {}),
    ("PEPPOL-COMMON-R040", PEPPOL, saying(f"{BUYER}/cbc:EndpointID", "7300010000002"), Treatment.EXPORT, {}),
    ("PEPPOL-COMMON-R041", PEPPOL, saying(f"{BUYER}/cbc:EndpointID", "974760674"), Treatment.STANDARD,
     {"oddity": "peppol_norway"}),
    ("PEPPOL-COMMON-R043", PEPPOL, saying(f"{BUYER}/cbc:EndpointID", "0403170702"), Treatment.STANDARD,
     {"oddity": "peppol_belgium"}),
    ("NL-R-001", PEPPOL, without("cac:BillingReference"), Treatment.STANDARD, {"kind": Kind.FULL_CREDIT}),
    ("NL-R-002", PEPPOL, without(f"{SELLER}/cac:PostalAddress/cbc:StreetName"), Treatment.STANDARD, {}),
    ("NL-R-003", PEPPOL, stating(f"{SELLER}/cac:PartyLegalEntity/cbc:CompanyID", "schemeID", "0088"),
     Treatment.STANDARD, {}),
    ("NL-R-007", PEPPOL, without("cac:PaymentMeans"), Treatment.STANDARD, {}),
    ("DE-R-006", PEPPOL, without(f"{CONTACT}/cbc:Telephone"), Treatment.STANDARD, GERMAN),
    ("DE-R-016", PEPPOL, without(f"{SELLER}/cac:PartyTaxScheme"), Treatment.STANDARD, GERMAN),
    ("DE-R-015", PEPPOL, without("cbc:BuyerReference"), Treatment.STANDARD, GERMAN),
    # XRechnung
    ("BR-DE-1", XRECHNUNG, without("cac:PaymentMeans"), Treatment.STANDARD, {}),
    ("BR-DE-2", XRECHNUNG, without(CONTACT), Treatment.STANDARD, {}),
    ("BR-DE-3", XRECHNUNG, without(f"{SELLER}/cac:PostalAddress/cbc:CityName"), Treatment.STANDARD, {}),
    ("BR-DE-4", XRECHNUNG, without(f"{SELLER}/cac:PostalAddress/cbc:PostalZone"), Treatment.STANDARD, {}),
    ("BR-DE-5", XRECHNUNG, without(f"{CONTACT}/cbc:Name"), Treatment.STANDARD, {}),
    ("BR-DE-6", XRECHNUNG, without(f"{CONTACT}/cbc:Telephone"), Treatment.STANDARD, {}),
    ("BR-DE-7", XRECHNUNG, without(f"{CONTACT}/cbc:ElectronicMail"), Treatment.STANDARD, {}),
    ("BR-DE-8", XRECHNUNG, without(f"{BUYER}/cac:PostalAddress/cbc:CityName"), Treatment.STANDARD, {}),
    ("BR-DE-9", XRECHNUNG, without(f"{BUYER}/cac:PostalAddress/cbc:PostalZone"), Treatment.STANDARD, {}),
    ("BR-DE-14", XRECHNUNG, without("//cac:TaxSubtotal/cac:TaxCategory/cbc:Percent"), OUTSIDE, {}),
    ("BR-DE-15", XRECHNUNG, without("cbc:BuyerReference"), Treatment.STANDARD, {}),
    ("BR-DE-16", XRECHNUNG, without(f"{SELLER}/cac:PartyTaxScheme"), Treatment.STANDARD, {}),
    ("BR-DE-18", XRECHNUNG, saying("cac:PaymentTerms/cbc:Note", "#SKONTO#TAGE=14#\n"), Treatment.STANDARD, {}),
    ("BR-DE-23-a", XRECHNUNG, without("//cac:PayeeFinancialAccount"), Treatment.STANDARD, {}),
    ("PEPPOL-EN16931-R010", XRECHNUNG, without(f"{BUYER}/cbc:EndpointID"), Treatment.STANDARD, {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "einvoice_format", "change", "treatment", "matrix"),
    BROKEN,
    ids=[f"{rule}-{einvoice_format}" for rule, einvoice_format, *_ in BROKEN],
)
def test_a_broken_document_is_refused_under_the_rules_own_name(
    rule: str, einvoice_format: EInvoiceFormat, change: Change, treatment: Treatment, matrix: dict[str, Any]
) -> None:
    report = validate_xml(broken(einvoice_format, change, treatment, **matrix))
    assert rule in {finding.rule for finding in report.fatal}
    assert not report.accepted


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("BR-DE-17", saying("cbc:InvoiceTypeCode", "383")),
        ("BR-DE-19", saying("//cac:PayeeFinancialAccount/cbc:ID", "NL92ABNA0417164300")),
        ("BR-DE-27", saying(f"{CONTACT}/cbc:Telephone", "call us")),
        ("BR-DE-28", saying(f"{CONTACT}/cbc:ElectronicMail", "billing")),
        ("PEPPOL-EN16931-R120", saying("//cbc:InvoicedQuantity", "2")),
    ],
)
def test_what_a_receiver_only_frowns_upon_is_a_warning(rule: str, change: Change) -> None:
    report = validate_xml(broken(XRECHNUNG, change))
    assert [(finding.rule, finding.severity) for finding in report.findings] == [(rule, Severity.WARNING)]
    assert report.accepted


# -- XRechnung in the syntax that we do not write it in --------------------------------------------

TRADE_SELLER, TRADE_BUYER = "//ram:SellerTradeParty", "//ram:BuyerTradeParty"
TRADE_CONTACT = f"{TRADE_SELLER}/ram:DefinedTradeContact"


def german_cii(change: Change | None = None, treatment: Treatment = Treatment.STANDARD, **matrix: Any) -> bytes:
    """Return an XRechnung as CII, as others write them."""
    root = etree.fromstring(write_cii(einvoice_of(matrix_document(treatment, **matrix), XRECHNUNG)))
    if change:
        change(root)
    return etree.tostring(root)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("treatment", Treatment)
def test_an_xrechnung_in_cii_is_judged_as_one(treatment: Treatment, kind: Kind) -> None:
    report = validate_xml(german_cii(treatment=treatment, kind=kind))
    assert (report.syntax, report.profile, report.findings) == (Syntax.CII, Profile.XRECHNUNG, ())


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("BR-DE-1", without("//ram:SpecifiedTradeSettlementPaymentMeans")),
        ("BR-DE-2", without(TRADE_CONTACT)),
        ("BR-DE-3", without(f"{TRADE_SELLER}/ram:PostalTradeAddress/ram:CityName")),
        ("BR-DE-4", without(f"{TRADE_SELLER}/ram:PostalTradeAddress/ram:PostcodeCode")),
        ("BR-DE-5", without(f"{TRADE_CONTACT}/ram:PersonName")),
        ("BR-DE-6", without(f"{TRADE_CONTACT}/ram:TelephoneUniversalCommunication")),
        ("BR-DE-7", without(f"{TRADE_CONTACT}/ram:EmailURIUniversalCommunication")),
        ("BR-DE-8", without(f"{TRADE_BUYER}/ram:PostalTradeAddress/ram:CityName")),
        ("BR-DE-9", without(f"{TRADE_BUYER}/ram:PostalTradeAddress/ram:PostcodeCode")),
        ("BR-DE-15", without("//ram:BuyerReference")),
        ("BR-DE-16", without(f"{TRADE_SELLER}/ram:SpecifiedTaxRegistration")),
        ("BR-DE-18", saying("//ram:SpecifiedTradePaymentTerms/ram:Description", "#SKONTO#TAGE=14#")),
        ("BR-DE-23-a", without("//ram:PayeePartyCreditorFinancialAccount")),
        ("BR-DE-25-a", saying("//ram:SpecifiedTradeSettlementPaymentMeans/ram:TypeCode", "59")),
        ("PEPPOL-EN16931-R001", without("//ram:BusinessProcessSpecifiedDocumentContextParameter")),
        ("PEPPOL-EN16931-R010", without(f"{TRADE_BUYER}/ram:URIUniversalCommunication")),
        ("PEPPOL-EN16931-R020", without(f"{TRADE_SELLER}/ram:URIUniversalCommunication")),
    ],
)
def test_what_breaks_an_xrechnung_breaks_it_in_cii(rule: str, change: Change) -> None:
    assert rule in {finding.rule for finding in validate_xml(german_cii(change)).fatal}


def test_a_group_without_a_rate_is_no_german_one() -> None:
    change = without("//ram:ApplicableHeaderTradeSettlement/ram:ApplicableTradeTax/ram:RateApplicablePercent")
    assert "BR-DE-14" in {finding.rule for finding in validate_xml(german_cii(change, OUTSIDE)).fatal}


def test_a_cii_that_promises_peppol_is_not_said_to_keep_it() -> None:
    promised = einvoice_of(matrix_document(Treatment.STANDARD), PEPPOL)
    (told,) = validate_xml(write_cii(promised)).findings
    assert (told.rule, told.severity) == ("BT-24", Severity.WARNING)


@pytest.mark.parametrize("einvoice_format", [PEPPOL, CII])
def test_vat_that_is_one_cent_off_is_noticed_where_the_official_rules_look_away(
    einvoice_format: EInvoiceFormat,
) -> None:
    root = etree.fromstring(einvoice_xml(matrix_document(Treatment.STANDARD), einvoice_format))
    moved = {"41.79": "41.80", "240.79": "240.80"}
    for element in root.iter():
        element.text = moved.get(element.text or "", element.text)
    report = validate_xml(etree.tostring(root))
    assert [(finding.rule, finding.severity) for finding in report.findings] == [("BR-CO-17", Severity.WARNING)]


@pytest.mark.parametrize(
    ("xml", "rule", "word"),
    [
        (b"", "XML", "well-formed"),
        (b"no XML", "XML", "well-formed"),
        (b"<a/>", "XML", "neither"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "XML", "document type"),
        (b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/>', "XSD", "Missing child"),
        (b"<a>" + b"<b>" * 5000 + b"</b>" * 5000 + b"</a>", "XML", ""),
        (b"<a>" + b" " * 20_000_001 + b"</a>", "XML", "more than"),
    ],
)
def test_what_is_no_invoice_at_all_is_a_finding_too(xml: bytes, rule: str, word: str) -> None:
    report = validate_xml(xml)
    assert [finding.rule for finding in report.findings] == [rule]
    assert word in report.findings[0].message


@pytest.mark.parametrize("promised", ["urn:factur-x.eu:1p0:minimum", "urn:cen.eu:en16931:2017#conformant#urn:mine"])
def test_a_specification_nobody_knows_is_not_taken_for_granted(promised: str) -> None:
    report = validate_xml(broken(PEPPOL, saying("cbc:CustomizationID", promised)))
    assert report.profile is None
    assert [(finding.rule, finding.location) for finding in report.fatal] == [("BT-24", "/CustomizationID")]


def test_a_finding_says_where() -> None:
    report = validate_xml(broken(XRECHNUNG, without(f"{CONTACT}/cbc:Telephone")))
    (finding,) = report.fatal
    assert finding.location == "/Invoice/AccountingSupplierParty/Party/Contact"
    assert finding.message == "The seller's telephone number (BT-42) is missing."
    schema = validate_xml(broken(PEPPOL, twice("cbc:ID")))
    assert {finding.rule for finding in schema.findings} == {"XSD"}
    assert schema.findings[0].location.startswith("line ")


def test_many_threads_may_ask_at_once() -> None:
    sound = einvoice_xml(matrix_document(Treatment.MIXED), PEPPOL)
    wrong = broken(CII, without("//ram:SpecifiedTradePaymentTerms"))
    with ThreadPoolExecutor(8) as threads:
        reports = list(threads.map(validate_xml, [sound, wrong] * 20))
    assert [report.accepted for report in reports] == [True, False] * 20


def test_a_machine_without_a_language_reads_all_scripts() -> None:
    program = (
        "from scaicontrol_core.testing.document_matrix import Treatment, matrix_document\n"
        "from scaicontrol_adapters.einvoice.validation import validate_xml\n"
        "from scaicontrol_adapters.einvoice.writing import einvoice_xml\n"
        "xml = einvoice_xml(matrix_document(Treatment.STANDARD, 'other_scripts'), 'ubl')\n"
        "print(ascii(validate_xml(xml.replace(b'<cbc:InvoiceTypeCode>380', b'<cbc:InvoiceTypeCode>999')).findings))\n"
    )
    environment = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PATH": ""}
    finished = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert "BR-CL-01" in finished.stdout


def test_our_list_of_addresses_is_one() -> None:
    """The judge's schemes and the writer's are typed twice, for neither should believe the other."""
    rules = yaml.safe_load(rule_sets.own_rules("peppol"))
    assert set(rules["variables"]["schemes"].split("'")[1].split()) == PEPPOL_SCHEMES
