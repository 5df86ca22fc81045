"""The XML inside the PDF: what makes a PDF/A-3 a Factur-X (ZUGFeRD) document.

Imports WeasyPrint; for the pool's workers and inline rendering only. The file is attached once, as an
``Alternative`` of the page, and named in the XMP together with the PDF/A extension schema that the
names need, all within the packet's one ``rdf:RDF``: readers look no further.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import resources
from typing import TYPE_CHECKING, Any

from lxml import etree
from weasyprint import Attachment
from weasyprint.pdf.metadata import DocumentMetadata

if TYPE_CHECKING:
    from scaicontrol_core.documents.ports import EInvoiceAttachment

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_FX = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_DESCRIPTION = "Factur-X invoice"
#: Where a snapshot has no date of its own.
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class HybridMetadata(DocumentMetadata):  # type: ignore[misc] # WeasyPrint ships no types
    """The page's own metadata, and what Factur-X says of the file inside."""

    def __init__(self, page: DocumentMetadata, einvoice: EInvoiceAttachment) -> None:
        self.__dict__.update(vars(page))
        self._einvoice = einvoice
        self.attachments = [*page.attachments, self._attachment()]

    def _attachment(self) -> Attachment:
        # Never the clock: the same snapshot is the same bytes for ever.
        day = datetime.fromisoformat(self.created).replace(tzinfo=UTC) if self.created else _LONG_AGO
        return Attachment(
            string=self._einvoice.xml,
            name=self._einvoice.file_name,
            description=_DESCRIPTION,
            created=day,
            modified=day,
            relationship="Alternative",
        )

    def generate_rdf_metadata(self, variant: str, version: int, conformance: str) -> bytes:
        """Write the RDF of PDF/A, with our descriptions in it."""
        rdf = etree.fromstring(super().generate_rdf_metadata(variant, version, conformance))
        described = etree.SubElement(rdf, f"{_RDF}Description", {f"{_RDF}about": ""}, nsmap={"fx": _FX})
        facts = {
            "DocumentType": "INVOICE",
            "DocumentFileName": self._einvoice.file_name,
            "Version": "1.0",
            "ConformanceLevel": self._einvoice.conformance_level,
        }
        for name, value in facts.items():
            etree.SubElement(described, f"{{{_FX}}}{name}").text = value
        rdf.append(_extension_schema())
        return etree.tostring(rdf, encoding="UTF-8", xml_declaration=False)


def _extension_schema() -> etree._Element:
    source = (resources.files(__package__) / "factur-x_extension_schema.xml").read_bytes()
    return etree.fromstring(source, etree.XMLParser(remove_blank_text=True))


def name_once(_document: Any, pdf: Any) -> None:
    """Finish a PDF: WeasyPrint lists an attachment twice in ``/AF`` and guesses its type from the machine."""
    pdf.catalog["AF"][:] = dict.fromkeys(pdf.catalog["AF"])
    for each in pdf.objects:
        extra = getattr(each, "extra", None)
        if extra and extra.get("Type") == "/EmbeddedFile":
            extra["Subtype"] = "/text#2fxml"
