"""The PDF around an embedded XML: reading it out, and judging what holds it.

The rule ids are our own: ``PDFA-3`` the claim, ``XMP-RDF`` one packet, ``FX-XMP`` what it says of the file,
``FX-FILE`` and ``FX-AF`` where the file hangs, ``PDF-FONTS``. That a claim is true of every byte is for a
PDF/A validator to say.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from attrs import frozen
from lxml import etree
from pypdf import PdfReader

from scaicontrol_adapters.einvoice.findings import Finding, Severity

#: The names that Factur-X, ZUGFeRD 1 and 2.0, and the profile XRECHNUNG give the file, best first.
FILE_NAMES = ("factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml", "ZUGFeRD-invoice.xml")
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_PDFA = "{http://www.aiim.org/pdfa/ns/id/}"
_FX = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"
_MAX_NODES = 1000
_PROFILES = frozenset({"MINIMUM", "BASIC WL", "BASIC", "EN 16931", "EXTENDED", "XRECHNUNG"})
_RELATIONSHIPS = frozenset({"/Alternative", "/Data", "/Source"})


@frozen
class Embedded:
    """The XML that was found in a PDF, and what is wrong with the PDF that holds it."""

    xml: bytes | None
    file_name: str | None
    findings: tuple[Finding, ...]


def open_hybrid(pdf: bytes) -> Embedded:
    """Return the invoice inside a PDF; ``xml`` is None where there is none."""
    try:
        reader = PdfReader(io.BytesIO(pdf))
        files = _embedded_files(reader)
        name = next((known for known in FILE_NAMES if known in files), None)
        if name is None:
            found = ", ".join(sorted(files)) or "none"
            return Embedded(None, None, (_fatal("FX-FILE", f"No invoice among the embedded files ({found})."),))
        xml = files[name]["/EF"]["/F"].get_object().get_data()
        findings = (*_file_findings(reader, name, files[name]), *_xmp_findings(reader, name), *_font_findings(reader))
    except Exception as wrong:  # noqa: BLE001 - somebody's file: there is no end to what can be wrong in one
        return Embedded(None, None, (_fatal("PDF", f"This PDF can't be read: {type(wrong).__name__}: {wrong}"),))
    return Embedded(xml, name, findings)


def _embedded_files(reader: PdfReader) -> dict[str, Any]:
    """Return the file specifications by name."""
    files: dict[str, Any] = {}
    pending: list[Any] = [_at(reader.root_object, "/Names", "/EmbeddedFiles")]
    for _ in range(_MAX_NODES):  # a tree may be drawn as a circle
        if not pending:
            break
        node = pending.pop()
        if node is None:
            continue
        pending += [kid.get_object() for kid in node.get("/Kids", ())]
        for specification in node.get("/Names", [])[1::2]:
            described = specification.get_object()
            files[str(described.get("/UF") or described.get("/F"))] = described
    return files


def _file_findings(reader: PdfReader, name: str, specification: Any) -> Iterator[Finding]:
    relationship = specification.get("/AFRelationship")
    if relationship not in _RELATIONSHIPS:
        yield _fatal("FX-AF", f"{name} has the relationship {relationship or 'none'}, not Alternative, Data or Source.")
    listed = [each.get_object() for each in reader.root_object.get("/AF", ())]
    count = sum(each.get("/UF", each.get("/F")) == name for each in listed)
    if count == 0:
        yield _fatal("FX-AF", f"{name} is not among the document's associated files (/AF).")
    elif count > 1:
        yield Finding("FX-AF-DUP", Severity.WARNING, f"{name} is associated {count} times.", "/Root/AF")


def _xmp_findings(reader: PdfReader, name: str) -> Iterator[Finding]:
    packet = _at(reader.root_object, "/Metadata")
    if packet is None:
        yield _fatal("XMP-RDF", "There is no XMP metadata.")
        return
    try:
        xmp = etree.fromstring(packet.get_data(), etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as wrong:
        yield _fatal("XMP-RDF", f"The XMP metadata is not well-formed: {wrong}")
        return
    blocks = list(xmp.iter(f"{_RDF}RDF"))
    if len(blocks) != 1:
        yield _fatal("XMP-RDF", f"The XMP metadata has {len(blocks)} rdf:RDF blocks; readers look at the first.")
        return
    stated = _statements(blocks[0])
    if stated.get(f"{_PDFA}part") != "3":
        yield _fatal("PDFA-3", "The document does not claim to be PDF/A-3.")
    expected = {"DocumentType": {"INVOICE"}, "DocumentFileName": {name}, "Version": None, "ConformanceLevel": _PROFILES}
    for term, values in expected.items():
        said = stated.get(_FX + term)
        if said is None or (values is not None and said not in values):
            yield _fatal("FX-XMP", f"The XMP metadata says fx:{term} {said!r}.")
    if _FX.strip("{}") not in "".join(str(text) for text in blocks[0].itertext()):
        yield _fatal("FX-XMP", "The PDF/A extension schema of the fx: terms is missing.")


def _statements(rdf: etree._Element) -> dict[str, str]:
    """Return the simple properties, whether written as attributes or as elements."""
    stated: dict[str, str] = {}
    for description in rdf.findall(f"{_RDF}Description"):
        stated |= {str(name): str(value) for name, value in description.attrib.items()}
        stated |= {str(child.tag): (child.text or "").strip() for child in description if not len(child)}
    return stated


def _font_findings(reader: PdfReader) -> Iterator[Finding]:
    fonts: dict[str, Any] = {}
    for page in reader.pages:
        for font in (_at(page, "/Resources", "/Font") or {}).values():
            described = font.get_object()
            fonts[str(described.get("/BaseFont"))] = described
    for name, font in sorted(fonts.items()):
        if not _is_embedded(font):
            yield _fatal("PDF-FONTS", f"The font {name} is not embedded.")


def _is_embedded(font: Any) -> bool:
    if font.get("/Subtype") == "/Type3":
        return True
    carrier = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
    descriptor = _at(carrier, "/FontDescriptor") or {}
    return any(f"/FontFile{kind}" in descriptor for kind in ("", "2", "3"))


def _at(node: Any, *path: str) -> Any:
    """Follow keys from a dictionary; None where one is missing."""
    for key in path:
        if node is None or key not in node:
            return None
        node = node[key].get_object()
    return node


def _fatal(rule: str, message: str) -> Finding:
    return Finding(rule, Severity.FATAL, message, "PDF")
