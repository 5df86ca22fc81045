"""Invoices to be rendered, a renderer that needs no process, and what must hold of every document afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from scaicontrol_adapters.container import Container
from scaicontrol_cli.context import Session, operator
from scaicontrol_cli.demo import load as demo
from scaicontrol_cli.files import read_object, read_rows, read_value
from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.ports import InvoiceFilter
from scaicontrol_core.billing.use_cases.list_invoices import ListInvoices
from scaicontrol_core.billing.use_cases.summarize_invoices import SummarizeInvoices
from scaicontrol_core.documents.object_keys import invoice_pdf_key, invoice_xml_key
from scaicontrol_core.documents.ports import NO_PARTS, FontVersion, PdfParts, RenderedHtml, TemplateSource
from scaicontrol_core.documents.use_cases.list_document_revisions import ListDocumentRevisions
from scaicontrol_core.integrity.use_cases.audit_integrity import AuditIntegrity
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.paging import MAX_LIMIT, PageRequest
from scaicontrol_core.testing import FixedClock

DEMO = Path(demo.__file__).parent


class Pages:
    """A renderer that needs no process of its own."""

    async def render_html(
        self, document: Mapping[str, Any], *, template: TemplateSource | None = None, draft: bool = False
    ) -> RenderedHtml:
        """Return a page with the number on it."""
        return RenderedHtml(f"<p>{document['number']}</p>", "plain", (FontVersion("a", "b"),), "t")

    async def render_pdf(self, html: str, document_key: str, parts: PdfParts = NO_PARTS) -> bytes:
        """Return bytes that depend on the page alone."""
        return f"%PDF {html}".encode()

    async def close(self) -> None:
        """Nothing is open."""


async def bill_january(container: Container, clock: FixedClock, customers: int) -> None:
    """Take on the first customers of the demo, and finalize what they owe for January."""
    files = demo.DemoFiles(
        operator=read_object(str(DEMO / "operator.yaml")),
        catalogue=read_value(str(DEMO / "catalogue.yaml")),
        customers=read_rows(str(DEMO / "customers.csv"))[:customers],
    )
    await demo.load(Session(container, operator()), clock, files, parse_month("2026-01"))


async def issued(container: Container) -> list[Invoice]:
    """Return all that has a number."""
    found = await container.use(ListInvoices)(operator(), InvoiceFilter(issued=True), PageRequest(limit=MAX_LIMIT))
    ids = [each.id for each in found.items]
    async with container.work.begin(operator(), read_only=True) as work:
        return [await work.invoices.get(each) for each in ids]


async def states(container: Container) -> dict[str, int]:
    """Count invoices by the state of their PDF."""
    return dict((await container.use(SummarizeInvoices)(operator())).by_pdf_status)


async def every_document_is_kept_once(container: Container) -> set[str]:
    """Each invoice has one revision, whose digests are those of what is kept; return the keys of all that."""
    keys: set[str] = set()
    for invoice in await issued(container):
        keys |= await _kept_of(container, invoice.id)
    assert set(await states(container)) == {"ready"}
    audited = await container.use(AuditIntegrity)(operator())
    assert audited.is_clean, audited.findings
    return keys


async def _kept_of(container: Container, invoice_id: InvoiceId) -> set[str]:
    (revision,) = await container.use(ListDocumentRevisions)(operator(), invoice_id)
    assert (revision.revision, revision.object_key) == (1, invoice_pdf_key(invoice_id))
    content = await container.objects.get(revision.object_key)
    assert (sha256(content).hexdigest(), len(content)) == (revision.sha256, revision.size)
    if revision.einvoice_key is None:
        return {revision.object_key}
    assert revision.einvoice_key == invoice_xml_key(invoice_id)
    assert sha256(await container.objects.get(revision.einvoice_key)).hexdigest() == revision.einvoice_sha256
    return {revision.object_key, revision.einvoice_key}
