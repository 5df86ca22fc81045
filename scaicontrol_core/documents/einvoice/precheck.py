"""Whether a document can be sent in its buyer's format, told before a number is spent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

from scaicontrol_core.billing.errors import EInvoiceIncomplete, InvoiceIncomplete
from scaicontrol_core.documents.einvoice.profiles import profile_of
from scaicontrol_core.documents.einvoice.reading import einvoice_of
from scaicontrol_core.documents.einvoice.rules.en16931 import en16931
from scaicontrol_core.documents.einvoice.rules.finding import Case, Finding
from scaicontrol_core.documents.einvoice.rules.law import advice, law
from scaicontrol_core.documents.einvoice.rules.peppol import peppol
from scaicontrol_core.documents.einvoice.rules.sums import sums
from scaicontrol_core.documents.einvoice.rules.xrechnung import xrechnung
from scaicontrol_core.kernel.errors import FieldError
from scaicontrol_core.tenancy.fields import EInvoiceFormat

if TYPE_CHECKING:
    from scaicontrol_core.billing.frozen_document import FrozenDocument


def findings(document: Mapping[str, Any], einvoice_format: EInvoiceFormat) -> tuple[Finding, ...]:
    """Return every rule of the format that a frozen document breaks; none means that it can be sent.

    Raises ``DocumentUnreadable`` for a document that can't even be read.
    """
    profile = profile_of(einvoice_format)
    case = Case(document, einvoice_of(document, einvoice_format), profile)
    return tuple(dict.fromkeys(_rules(case)))


def _rules(case: Case) -> Iterator[Finding]:
    yield from en16931(case)
    yield from sums(case)
    if case.profile.is_xrechnung:
        yield from xrechnung(case)
    if case.profile.is_peppol:
        yield from peppol(case)


def warnings(document: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return what a frozen invoice lacks that the law asks for and that did not keep it from being issued."""
    return tuple(_told(each) for each in advice(document)) if document else ()


@frozen
class EInvoiceCheck:
    """Port ``DocumentCheck``: the law asks of every document, the rules of a format of those it is sent in."""

    def check(self, document: FrozenDocument) -> None:
        """Return if the document can be issued.

        Raises ``EInvoiceIncomplete`` if its buyer's format lacks something, ``InvoiceIncomplete`` if
        only the law does; one field per finding, with its rule and how to mend it.
        """
        asked = tuple(law(document))
        wanted = document.buyer.preferred_einvoice_format
        if wanted is not None:
            broken = findings(document.to_dict(), EInvoiceFormat(wanted))
            if broken:
                raise EInvoiceIncomplete(
                    f"The document can't be sent as {wanted}: {broken[0].message}",
                    fields=_fields(asked + broken),
                    hint=f"{broken[0].where}, then finalize again.",
                )
        if asked:
            raise InvoiceIncomplete(
                f"The document lacks what the law asks for: {asked[0].message}",
                fields=_fields(asked),
                hint=f"{asked[0].where}, then finalize again.",
            )


def _fields(broken: tuple[Finding, ...]) -> tuple[FieldError, ...]:
    return tuple(FieldError(each.pointer, _told(each)) for each in broken)


def _told(finding: Finding) -> str:
    return f"{finding.rule} ({finding.term}): {finding.message} {finding.where}"
