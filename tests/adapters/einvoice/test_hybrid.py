"""Hybrid PDFs: one file that says the same to people and to programs, and that foreign readers can open."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import facturx
import pikepdf
import pytest
from babel.dates import format_date
from lxml import etree

from scaicontrol_adapters.document_files import OutputFormat, render_document
from scaicontrol_adapters.einvoice.container import open_hybrid
from scaicontrol_adapters.einvoice.findings import Severity
from scaicontrol_adapters.einvoice.validation import validate_document
from scaicontrol_adapters.einvoice.writing import XmlEInvoices, einvoice_xml
from scaicontrol_adapters.pdf.inline import InlineRenderer
from scaicontrol_adapters.pdf.pool import PooledRenderer
from scaicontrol_core.documents.einvoicing import write_einvoice
from scaicontrol_core.documents.ports import PdfParts
from scaicontrol_core.tenancy.fields import EInvoiceFormat
from scaicontrol_core.testing.document_matrix import ODDITIES, Document, Kind, Treatment, matrix_document

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
FX = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"
NAMESPACES = {
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}
#: Each treatment as each kind, and each oddity once.
SAMPLE = [(treatment, "plain", kind) for treatment in Treatment for kind in Kind] + [
    (list(Treatment)[place % len(Treatment)], oddity, list(Kind)[place % len(Kind)])
    for place, oddity in enumerate(ODDITIES)
    if oddity != "plain"
]
every_sample = pytest.mark.parametrize(
    "document",
    [matrix_document(*each) for each in SAMPLE],
    ids=["-".join(str(part) for part in each) for each in SAMPLE],
)


@every_sample
def test_paper_and_xml_of_one_document_never_disagree(document: Document, tmp_path: Path) -> None:
    """One rendering, looked at from all sides: the container, a foreign reader, the words on the page."""
    pdf = render_document(document, OutputFormat.ZUGFERD)
    xml = einvoice_xml(document, EInvoiceFormat.ZUGFERD)
    assert validate_document(pdf).findings == ()
    its_container_is_one_of_factur_x(pdf, xml)
    a_foreign_reader_gets_back_what_was_written(pdf, xml, document)
    the_page_says_what_the_xml_says(text_of(pdf, tmp_path), etree.fromstring(xml), document)


def its_container_is_one_of_factur_x(pdf: bytes, xml: bytes) -> None:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        root: Any = opened.Root
        packet = etree.fromstring(root.Metadata.read_bytes())
        (rdf,) = packet.iter(f"{RDF}RDF")
        said = {child.tag: child.text for child in rdf.iter() if str(child.tag).startswith(FX)}
        assert said == {
            f"{FX}DocumentType": "INVOICE",
            f"{FX}DocumentFileName": "factur-x.xml",
            f"{FX}Version": "1.0",
            f"{FX}ConformanceLevel": "EN 16931",
        }
        claims = [each for each in rdf if each.get("{http://www.aiim.org/pdfa/ns/id/}part") == "3"]
        assert [each.get("{http://www.aiim.org/pdfa/ns/id/}conformance") for each in claims] == ["B"]
        assert len(rdf.findall(".//{http://www.aiim.org/pdfa/ns/schema#}prefix")) == 1
        (associated,) = root.AF
        name, named = root.Names.EmbeddedFiles.Names
        assert str(name) == "factur-x.xml"
        assert associated.objgen == named.objgen
        assert (str(associated.AFRelationship), str(associated.UF), str(associated.F)) == (
            "/Alternative",
            "factur-x.xml",
            "factur-x.xml",
        )
        file: Any = associated.EF.F
        assert (file.read_bytes(), str(file.Subtype), int(file.Params.Size)) == (xml, "/text/xml", len(xml))
        assert len(root.OutputIntents) == 1
        assert "/EmbeddedFiles" in root.Names
        for page in opened.pages:
            for font in page.Resources.Font.values():
                descriptor = (
                    font.DescendantFonts[0].FontDescriptor if "/DescendantFonts" in font else font.FontDescriptor
                )
                assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor.keys())


def a_foreign_reader_gets_back_what_was_written(pdf: bytes, xml: bytes, document: Document) -> None:
    """The package factur-x extracts and checks; its parser knows nothing of our model."""
    name, extracted = facturx.get_xml_from_pdf(pdf, check_xsd=True, check_schematron=False)
    assert (name, extracted) == ("factur-x.xml", xml)
    tree = etree.fromstring(extracted)
    assert (facturx.get_flavor(tree), facturx.get_level(tree)) == ("factur-x", "en16931")
    sums = one(tree, "//ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    sign = -1 if document["document_type"] == "credit_note" else 1
    totals = document["totals"]
    for element, field in (
        ("TaxBasisTotalAmount", "net_cents"),
        ("TaxTotalAmount", "tax_cents"),
        ("GrandTotalAmount", "gross_cents"),
        ("DuePayableAmount", "payable_cents"),
    ):
        assert Decimal(texts(sums, f"ram:{element}")[0]) == sign * units(totals[field], document)
    nets = [Decimal(text) for text in texts(tree, "//ram:LineTotalAmount[ancestor::ram:SpecifiedLineTradeSettlement]")]
    assert nets == [sign * units(line["net_cents"], document) for line in document["lines"]]
    groups: Any = tree.xpath("//ram:ApplicableHeaderTradeSettlement/ram:ApplicableTradeTax", namespaces=NAMESPACES)
    assert [
        (texts(group, "ram:CategoryCode")[0], Decimal(texts(group, "ram:CalculatedAmount")[0])) for group in groups
    ] == [
        (entry["category"], sign * units(entry["amount_cents"], document))
        for entry in document["vat_details"]["entries"]
    ]


def the_page_says_what_the_xml_says(page: str, tree: etree._Element, document: Document) -> None:
    language = document["language"]
    agreement, settlement = "//ram:ApplicableHeaderTradeAgreement", "//ram:ApplicableHeaderTradeSettlement"
    words = [
        *texts(tree, "/*/rsm:ExchangedDocument/ram:ID"),
        *texts(tree, f"{settlement}/ram:InvoiceReferencedDocument/ram:IssuerAssignedID"),
        *texts(tree, f"{agreement}/*/ram:Name"),
        *texts(tree, f"{agreement}/*/ram:PostalTradeAddress/*[not(self::ram:CountryID)]"),
        *texts(tree, f"{agreement}/*/ram:SpecifiedTaxRegistration/ram:ID"),
        *texts(tree, "//ram:SpecifiedTradeProduct/ram:Name"),
        *texts(tree, "//ram:SpecifiedTradeProduct/ram:Description"),
        *texts(tree, f"{settlement}/ram:ApplicableTradeTax/ram:ExemptionReason"),
    ]
    days = [
        *texts(tree, "/*/rsm:ExchangedDocument/ram:IssueDateTime/udt:DateTimeString"),
        *texts(tree, f"{settlement}/ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime/udt:DateTimeString"),
    ]
    words += [format_date(date.fromisoformat(day), "long", locale=_LOCALES[language]) for day in days]
    amounts = [
        *texts(tree, "//ram:LineTotalAmount"),
        *texts(tree, f"{settlement}/ram:ApplicableTradeTax/ram:BasisAmount"),
        *texts(tree, f"{settlement}/ram:ApplicableTradeTax/ram:CalculatedAmount"),
        *texts(
            tree, "//ram:TaxBasisTotalAmount | //ram:TaxTotalAmount | //ram:GrandTotalAmount | //ram:DuePayableAmount"
        ),
    ]
    rates = texts(tree, f"{settlement}/ram:ApplicableTradeTax[ram:CategoryCode = 'S']/ram:RateApplicablePercent")
    words += [localized(amount, language) for amount in amounts]
    words += [f"{localized(f'{Decimal(rate).normalize():f}', language)}%" for rate in rates]
    assert [word for word in words if squeezed(word) not in squeezed(page)] == []


#: As the documents write their dates.
_LOCALES = {"nl": "nl", "de": "de", "en": "en_GB"}


def localized(amount: str, language: str) -> str:
    """Return an amount as people of the language write it, without its sign: a credit note's paper has one."""
    plain = f"{Decimal(amount.lstrip('-')):,}"
    return plain if language == "en" else plain.translate(str.maketrans(",.", ".,"))


def squeezed(text: str) -> str:
    """Return the text without any white space, for lines break where they like."""
    return re.sub(r"[\s\u00ad]+", "", text)


def text_of(pdf: bytes, folder: Path) -> str:
    (folder / "page.pdf").write_bytes(pdf)
    return (
        subprocess.run(
            ["pdftotext", "-layout", folder / "page.pdf", "-"], capture_output=True, text=True, check=True
        ).stdout
        + subprocess.run(["pdftotext", folder / "page.pdf", "-"], capture_output=True, text=True, check=True).stdout
    )


def texts(element: etree._Element, path: str) -> list[str]:
    found: Any = element.xpath(path, namespaces=NAMESPACES)
    return [each.text for each in found]


def one(element: etree._Element, path: str) -> etree._Element:
    found: Any = element.xpath(path, namespaces=NAMESPACES)
    (only,) = found
    return only  # type: ignore[no-any-return]


def units(minor: int, document: Document) -> Decimal:
    return Decimal(minor) if document["currency"] == "JPY" else Decimal(minor).scaleb(-2)


def test_the_same_document_is_the_same_file() -> None:
    document = matrix_document(Treatment.MIXED)
    assert render_document(document, OutputFormat.ZUGFERD) == render_document(document, OutputFormat.FACTURX)
    assert render_document(document, OutputFormat.PDF) != render_document(document, OutputFormat.ZUGFERD)


RENDER = """
import hashlib
from scaicontrol_adapters.document_files import OutputFormat, render_document
from scaicontrol_core.testing.document_matrix import Treatment, matrix_document
pdf = render_document(matrix_document(Treatment.MIXED), OutputFormat.ZUGFERD)
print(hashlib.sha256(pdf).hexdigest())
"""


def test_neither_place_nor_time_changes_a_byte() -> None:
    def digest(seed: str, zone: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone}
        command = [sys.executable, "-c", RENDER]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    assert digest("1", "UTC") == digest("4711", "Pacific/Auckland")


async def test_the_pools_workers_make_the_same_hybrids() -> None:
    document = matrix_document(Treatment.STANDARD)
    einvoice = write_einvoice(document, EInvoiceFormat.FACTURX, XmlEInvoices())
    assert einvoice is not None
    parts, inline = PdfParts(einvoice=einvoice.attachment), InlineRenderer()
    html = (await inline.render_html(document)).html
    async with PooledRenderer(workers=1) as pool:
        assert await pool.render_pdf(html, "key", parts) == await inline.render_pdf(html, "key", parts)


def test_a_pdf_without_xml_is_no_hybrid() -> None:
    report = validate_document(render_document(matrix_document(Treatment.STANDARD), OutputFormat.PDF))
    assert [finding.rule for finding in report.fatal] == ["FX-FILE"]


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"%PDF-1.7\n%%EOF", b"%PDF-1.7\nxref\n0 1\ntrailer\n<<>>\n%%EOF"])
def test_a_pdf_that_is_none_is_a_finding(content: bytes) -> None:
    (finding,) = validate_document(content).findings
    assert (finding.rule, finding.severity) == ("PDF", Severity.FATAL)


def spoilt(change: Any) -> bytes:
    """Return a sound hybrid after a change to its innards."""
    sound = render_document(matrix_document(Treatment.STANDARD), OutputFormat.FACTURX)
    with pikepdf.open(io.BytesIO(sound)) as opened:
        change(opened)
        saved = io.BytesIO()
        opened.save(saved, fix_metadata_version=False)  # or it mends what we broke
    return saved.getvalue()


def packet_saying(old: bytes, new: bytes) -> Any:
    def change(opened: Any) -> None:
        packet = opened.Root.Metadata.read_bytes()
        assert old in packet
        opened.Root.Metadata.write(packet.replace(old, new))

    return change


def not_associated(opened: Any) -> None:
    del opened.Root.AF


def associated_twice(opened: Any) -> None:
    opened.Root.AF = pikepdf.Array([opened.Root.AF[0], opened.Root.AF[0]])


def of_no_relation(opened: Any) -> None:
    opened.Root.AF[0].AFRelationship = pikepdf.Name.Unspecified


def called_otherwise(opened: Any) -> None:
    specification = opened.Root.AF[0]
    specification.UF = specification.F = pikepdf.String("invoice.xml")


def without_fonts(opened: Any) -> None:
    for font in opened.pages[0].Resources.Font.values():
        descriptor = font.DescendantFonts[0].FontDescriptor if "/DescendantFonts" in font else font.FontDescriptor
        for name in ("/FontFile", "/FontFile2", "/FontFile3"):
            if name in descriptor:
                del descriptor[name]


def in_a_circle(opened: Any) -> None:
    names = opened.make_indirect(pikepdf.Dictionary(Names=pikepdf.Array()))
    names.Kids = pikepdf.Array([names])
    opened.Root.Names.EmbeddedFiles = names


def without_packet(opened: Any) -> None:
    del opened.Root.Metadata


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("PDFA-3", packet_saying(b'pdfaid:part="3"', b'pdfaid:part="1"')),
        ("XMP-RDF", packet_saying(b"</rdf:RDF>", b"</rdf:RDF><rdf:RDF xmlns:rdf='" + RDF[1:-1].encode() + b"'/>")),
        ("XMP-RDF", packet_saying(b"</rdf:RDF>", b"")),
        ("XMP-RDF", without_packet),
        ("FX-XMP", packet_saying(b"INVOICE</fx:DocumentType>", b"ORDER</fx:DocumentType>")),
        ("FX-XMP", packet_saying(b">factur-x.xml<", b">other.xml<")),
        ("FX-XMP", packet_saying(b">EN 16931<", b">EN16931<")),
        ("FX-XMP", packet_saying(b"<pdfaSchema:namespaceURI>urn:factur-x", b"<pdfaSchema:namespaceURI>urn:other")),
        ("FX-AF", not_associated),
        ("FX-AF", of_no_relation),
        ("FX-AF-DUP", associated_twice),
        ("FX-FILE", called_otherwise),
        ("FX-FILE", in_a_circle),
        ("PDF-FONTS", without_fonts),
    ],
)
def test_a_container_that_readers_stumble_over_is_named(rule: str, change: Any) -> None:
    assert rule in {finding.rule for finding in open_hybrid(spoilt(change)).findings}
