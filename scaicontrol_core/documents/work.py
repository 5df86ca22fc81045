"""The unit of work of documents: invoices, and the revisions of their PDFs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from scaicontrol_core.metering.ports import MeteringWork
from scaicontrol_core.payments.ports import PaymentsWork

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_core.documents.brand.ports import BrandAssets
    from scaicontrol_core.documents.revision import DocumentRevision
    from scaicontrol_core.documents.templates.ports import Templates
    from scaicontrol_core.documents.transmission_ports import SendHistory, SendRequests
    from scaicontrol_core.kernel.ids import InvoiceId


class DocumentRevisions(Protocol):
    """All revisions, append-only."""

    async def add(self, revision: DocumentRevision) -> None:
        """Append; ``Conflict`` (``revision_exists``) if that revision of the invoice exists."""
        ...

    async def latest(self, invoice_id: InvoiceId) -> DocumentRevision | None:
        """Return the invoice's newest revision, if it has one."""
        ...

    async def all_of(self, invoice_id: InvoiceId) -> Sequence[DocumentRevision]:
        """Return the invoice's revisions, oldest first."""
        ...


class DocumentsWork(PaymentsWork, MeteringWork, Protocol):
    """A unit of work over invoices, their documents, and usage: all that a container's use cases need."""

    @property
    def document_revisions(self) -> DocumentRevisions:
        """The revisions within scope."""
        ...

    @property
    def templates(self) -> Templates:
        """The templates within scope."""
        ...

    @property
    def brand_assets(self) -> BrandAssets:
        """The logos and fonts within scope."""
        ...

    @property
    def send_requests(self) -> SendRequests:
        """The requests to send documents within scope."""
        ...

    @property
    def send_history(self) -> SendHistory:
        """What became of them."""
        ...
