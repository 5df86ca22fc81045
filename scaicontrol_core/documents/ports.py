"""What documents need from the world: a place that keeps bytes, and a renderer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from attrs import Factory, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaicontrol_core.documents.page_format import PageFormat
    from scaicontrol_core.tenancy.fields import EInvoiceFormat


@frozen
class FontVersion:
    """A font file as it was used: its file name and the sha256 of its bytes, in hex."""

    name: str
    sha256: str


@frozen
class RenderedHtml:
    """A document's complete HTML, styles included: the snapshot its PDF can be made from again.

    ``renderer`` names the programs and versions it was made with; the same ones, given the
    same fonts and this HTML, give the same PDF to the byte.
    """

    html: str
    renderer: str
    fonts: tuple[FontVersion, ...]
    template: str


@frozen
class EInvoiceAttachment:
    """The XML inside a hybrid PDF; ``conformance_level`` is the profile as its XMP names it."""

    xml: bytes
    file_name: str
    conformance_level: str


@frozen
class PdfParts:
    """What goes into a PDF beside its HTML: a brand's assets by sha256 (hex), and the XML of a hybrid."""

    assets: Mapping[str, bytes] = Factory(dict)
    einvoice: EInvoiceAttachment | None = None


NO_PARTS = PdfParts()


@frozen
class TemplateSource:
    """A template that is not built in: Jinja HTML for the body, and CSS, with a name for messages.

    Without a page format it is the one that the seller's country prints on.
    """

    name: str
    html: str
    css: str = ""
    page_format: PageFormat | None = None


class DocumentRenderer(Protocol):
    """Turns a frozen document into HTML, and that HTML into a PDF."""

    async def render_html(
        self, document: Mapping[str, Any], *, template: TemplateSource | None = None, draft: bool = False
    ) -> RenderedHtml:
        """Write the document in its buyer's language with its template (None: the built-in one).

        ``draft`` marks it as not a tax document. Raises ``DocumentUnreadable``, ``TemplateRejected``,
        ``RenderingLimitExceeded``, ``RenderingUnavailable``.
        """
        ...

    async def render_pdf(self, html: str, document_key: str, parts: PdfParts = NO_PARTS) -> bytes:
        """Make the PDF/A-3b of a snapshot; equal arguments give equal bytes.

        ``document_key`` names the document for ever (its object key will do): the PDF's identifier
        is derived from it. Raises ``RenderingLimitExceeded``, ``RenderingUnavailable``.
        """
        ...


class EInvoiceWriter(Protocol):
    """Writes a frozen document as the XML of an e-invoice format: equal documents give equal bytes."""

    def write(self, document: Mapping[str, Any], format: EInvoiceFormat) -> bytes:  # noqa: A002 - what it is called
        """Return the XML; of a hybrid format, the XML that goes into its PDF.

        Raises ``DocumentUnreadable`` for a document that lacks what every invoice has.
        """
        ...


class ObjectStore(Protocol):
    """Keeps bytes under keys, each written once."""

    async def put(
        self, key: str, content: bytes, *, content_type: str, metadata: Mapping[str, str] | None = None
    ) -> None:
        """Keep the content, durably. The same bytes again change nothing.

        ``metadata`` (ASCII) is for whoever looks at the store; nothing reads it back. Raises
        ``ObjectConflict`` if other bytes are there, ``Invalid`` for an unusable key,
        ``ObjectStoreUnavailable``.
        """
        ...

    async def get(self, key: str) -> bytes:
        """Return the content; raises ``ObjectNotFound`` or ``ObjectStoreUnavailable``."""
        ...

    async def exists(self, key: str) -> bool:
        """Return whether something is kept under the key; raises ``ObjectStoreUnavailable``."""
        ...
