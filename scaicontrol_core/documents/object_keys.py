"""Where documents live in the object store: keys that say what they hold and never move."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scaicontrol_core.kernel.errors import Invalid

if TYPE_CHECKING:
    from scaicontrol_core.kernel.ids import InvoiceId

_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_MAX_LENGTH = 512


def invoice_pdf_key(invoice_id: InvoiceId, revision: int = 1) -> str:
    """Return the key of one revision of an invoice's PDF; revisions count from 1.

    A revision is written once: a re-rendered document is a new revision, so what a customer
    was ever sent can always be shown again. Raises ``Invalid`` (``object_key_invalid``).
    """
    return _revision_key(invoice_id, revision, "pdf")


def invoice_xml_key(invoice_id: InvoiceId, revision: int = 1) -> str:
    """Return the key of the XML that belongs to a revision; see ``invoice_pdf_key``."""
    return _revision_key(invoice_id, revision, "xml")


def _revision_key(invoice_id: InvoiceId, revision: int, ending: str) -> str:
    if revision < 1:
        raise Invalid.field("/revision", "Revisions count from 1.", code="object_key_invalid")
    return require_object_key(f"uploads/invoices/{invoice_id}/rev-{revision}.{ending}")


def require_object_key(key: str) -> str:
    """Return the key if every store can hold it safely, else raise ``Invalid`` (``object_key_invalid``).

    Segments of ASCII letters, digits, ``_``, ``-`` and inner dots, parted by single slashes: no
    segment is empty, ``.`` or ``..``, so that a key can never leave a folder.
    """
    if len(key) > _MAX_LENGTH or not all(_SEGMENT.fullmatch(segment) for segment in key.split("/")):
        raise Invalid.field("/key", f"{key!r} is not an object key.", code="object_key_invalid")
    return key
