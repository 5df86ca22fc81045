"""What judging a document yields."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen


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


@frozen
class Finding:
    """One rule a document breaks; ``rule`` is the published id, or one of our own (``XSD``, ``PDFA-3``).

    ``location`` is a path of element names, a line of the file, or ``PDF``.
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
