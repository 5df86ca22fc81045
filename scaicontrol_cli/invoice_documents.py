"""``scaicontrol admin invoices pdf`` and ``revisions``: the documents customers see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli.arguments import AsJson, InvoiceArgument
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.naming import invoice_named
from scaicontrol_cli.output import Json, columns, print_json, print_note, print_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_core.documents.revision import DocumentRevision
    from scaicontrol_core.kernel.ids import InvoiceId

_SHOWN = columns("revision", "reason", "created_at", "template", "size", "sha256")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the group of invoices."""
    app.command("pdf")(write_pdf)
    app.command("revisions")(list_revisions)


def write_pdf(
    invoice: InvoiceArgument,
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="Where to write it (default: NUMBER.pdf; - is stdout).")
    ] = None,
    revision: Annotated[int | None, typer.Option(min=1, help="Which revision (default: the newest).")] = None,
    regenerate: Annotated[
        bool, typer.Option("--regenerate", help="Make a new revision first, with the template of today.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write an invoice's PDF; it is made now if it is not there yet. A draft's is a proforma."""
    from scaicontrol_cli.files import write_bytes

    if regenerate and revision is not None:
        raise typer.BadParameter("--regenerate makes a revision; --revision names one: choose.")

    async def work(session: Session) -> tuple[str, bytes, DocumentRevision | None]:
        return await _pdf(session, await invoice_named(session, invoice), revision, regenerate=regenerate)

    name, content, made = call(work)
    path = output or f"{name}.pdf"
    write_bytes(path, content)
    if as_json and path != "-":
        known = {"revision": made.revision, "sha256": made.sha256} if made else {"revision": None, "sha256": None}
        print_json({"number": name if made else None, "path": path, "size": len(content), **known})
    else:
        print_note(f"{path}: {len(content)} bytes, " + (f"sha256 {made.sha256}" if made else "a draft's proforma"))


async def _pdf(
    session: Session, invoice_id: InvoiceId, revision: int | None, *, regenerate: bool
) -> tuple[str, bytes, DocumentRevision | None]:
    from scaicontrol_core.documents.producing import DraftHasNoDocument
    from scaicontrol_core.documents.use_cases.preview_draft import PreviewDraft
    from scaicontrol_core.documents.use_cases.read_invoice_pdf import ReadInvoicePdf
    from scaicontrol_core.documents.use_cases.regenerate_invoice_pdf import RegenerateInvoicePdf

    if regenerate:
        await session.use(RegenerateInvoicePdf)(session.actor, invoice_id)
    try:
        pdf = await session.use(ReadInvoicePdf)(session.actor, invoice_id, revision)
    except DraftHasNoDocument:
        if revision is not None:
            raise
        return f"draft-{invoice_id}", await session.use(PreviewDraft)(session.actor, invoice_id), None
    return pdf.number, pdf.content, pdf.revision


def list_revisions(invoice: InvoiceArgument, as_json: AsJson = False) -> None:
    """List every rendering of an invoice that anybody may have seen, oldest first."""
    from scaicontrol_core.documents.use_cases.list_document_revisions import ListDocumentRevisions

    async def work(session: Session) -> Sequence[DocumentRevision]:
        return await session.use(ListDocumentRevisions)(session.actor, await invoice_named(session, invoice))

    items = [_revision_json(revision) for revision in call(work)]
    if as_json:
        print_json({"items": items, "total": len(items), "next_cursor": None})
    else:
        print_rows(items, _SHOWN)


def _revision_json(revision: DocumentRevision) -> Json:
    from scaicontrol_core.kernel.events import to_json

    of_xml = ("einvoice_format", "einvoice_sha256")
    names = ("revision", "reason", "created_at", "template", "renderer", "size", "sha256", *of_xml)
    return {name: to_json(getattr(revision, name)) for name in names}
