"""Revisions: each rendering of an invoice that anybody may have seen, kept for ever."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import frozen

from scaicontrol_core.documents.ports import FontVersion
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, TenantId
from scaicontrol_core.tenancy.fields import EInvoiceFormat


class RevisionReason(StrEnum):
    """Why a document was rendered."""

    FINALIZE = "finalize"
    REPRINT = "reprint"
    """The stored object was lost and the same programs no longer give the same bytes."""
    REGENERATE = "regenerate"
    """Somebody asked for it, with the template of today."""
    SEND = "send"
    """It was sent, with the template of that day."""


@frozen(kw_only=True)
class DocumentRevision:
    """One PDF of one invoice, and its XML where the buyer wants one; ``revision`` counts from 1.

    ``html_snapshot`` with the same renderer and fonts gives the same bytes again; ``sha256``
    (hex) and ``size`` (bytes) prove it. ``einvoice_sha256`` proves the XML, which is kept under
    ``einvoice_key``; a hybrid's is inside its PDF as well.
    """

    invoice_id: InvoiceId
    partner_id: PartnerId
    tenant_id: TenantId | None
    revision: int
    object_key: str
    sha256: str
    size: int
    reason: RevisionReason
    html_snapshot: str
    template: str
    renderer: str
    fonts: tuple[FontVersion, ...]
    created_at: datetime
    einvoice_format: EInvoiceFormat | None = None
    einvoice_key: str | None = None
    einvoice_sha256: str | None = None
