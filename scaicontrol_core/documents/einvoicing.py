"""Which XML a document brings along, and whether it goes beside the PDF or into it."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from scaicontrol_core.billing.errors import EInvoiceIncomplete
from scaicontrol_core.documents.einvoice.precheck import findings
from scaicontrol_core.documents.einvoice.rules.finding import wrong
from scaicontrol_core.documents.ports import EInvoiceAttachment
from scaicontrol_core.kernel.errors import FieldError
from scaicontrol_core.tenancy.fields import EInvoiceFormat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaicontrol_core.documents.ports import EInvoiceWriter

XML = "application/xml"
#: One PDF that is both: for people and, by the XML inside, for programs.
HYBRIDS = frozenset({EInvoiceFormat.ZUGFERD, EInvoiceFormat.FACTURX})
#: As Factur-X 1.0 and ZUGFeRD 2 name file and profile.
_HYBRID_FILE, _HYBRID_PROFILE = "factur-x.xml", "EN 16931"


@frozen
class WrittenEInvoice:
    """The XML of one document in one format."""

    format: EInvoiceFormat
    xml: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """The digest of the XML, in hex."""
        return sha256(self.xml).hexdigest()

    @property
    def attachment(self) -> EInvoiceAttachment | None:
        """What goes into the PDF; None if the XML travels beside it."""
        if self.format not in HYBRIDS:
            return None
        return EInvoiceAttachment(self.xml, _HYBRID_FILE, _HYBRID_PROFILE)


def wanted_format(document: Mapping[str, Any]) -> EInvoiceFormat | None:
    """Return the format that a frozen document's buyer asked for, None for a PDF alone."""
    wanted = document["buyer"].get("preferred_einvoice_format")
    return EInvoiceFormat(wanted) if wanted else None


def write_einvoice(
    document: Mapping[str, Any], wanted: EInvoiceFormat | None, writer: EInvoiceWriter
) -> WrittenEInvoice | None:
    """Write a document's XML in a format; None for none."""
    return None if wanted is None else WrittenEInvoice(wanted, writer.write(document, wanted))


def write_complete(document: Mapping[str, Any], wanted: EInvoiceFormat, writer: EInvoiceWriter) -> WrittenEInvoice:
    """Write a document's XML in a format it was not frozen for, if it holds what that format asks.

    Raises ``EInvoiceIncomplete`` naming each rule and field: better no file than one that is refused.
    """
    broken = findings(document, wanted)
    if not document["number"].strip():  # before finalization there is none, so the pre-check does not ask
        broken = (*broken, wrong("BR-02", "BT-1", "/number", "The number is missing."))
    if broken:
        raise EInvoiceIncomplete(
            f"{document['number']} can't be written as {wanted.value}: {broken[0].message}",
            fields=(FieldError(each.pointer, f"{each.rule} ({each.term}): {each.message}") for each in broken),
            hint="What is frozen stays as it is; a later document can say more.",
        )
    return WrittenEInvoice(wanted, writer.write(document, wanted))
