"""A frozen document as XML: one call for all five formats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from scaicontrol_core.documents.errors import DocumentUnreadable
from scaicontrol_core.tenancy.fields import EInvoiceFormat

_UBL = frozenset({EInvoiceFormat.UBL, EInvoiceFormat.XRECHNUNG})


def einvoice_xml(document: Mapping[str, Any], format: EInvoiceFormat) -> bytes:  # noqa: A002 - what it is called
    """Write a frozen document in a format; of a hybrid, the XML inside. The same document, the same bytes.

    Raises ``DocumentUnreadable`` for a document that lacks what every invoice has.
    """
    # Loaded by the first e-invoice, for most processes never write one.
    from scaicontrol_adapters.einvoice.cii import write_cii  # noqa: PLC0415
    from scaicontrol_adapters.einvoice.ubl import write_ubl  # noqa: PLC0415
    from scaicontrol_core.documents.einvoice.reading import einvoice_of  # noqa: PLC0415

    einvoice = einvoice_of(document, format)
    try:
        return write_ubl(einvoice) if format in _UBL else write_cii(einvoice)
    except ValueError as wrong:  # lxml's word on a control character; inputs refuse them, a typed file may not
        raise DocumentUnreadable(f"The document holds what XML can't carry: {wrong}") from wrong


@frozen
class XmlEInvoices:
    """Port ``EInvoiceWriter``."""

    def write(self, document: Mapping[str, Any], format: EInvoiceFormat) -> bytes:  # noqa: A002 - what it is called
        """Return the XML; see ``einvoice_xml``."""
        return einvoice_xml(document, format)
