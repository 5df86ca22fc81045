"""``scaicontrol admin invoices``: reading them, and the documents they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli import credit_notes, drafts, einvoices, explaining, invoice_documents, payments, sending
from scaicontrol_cli.arguments import (
    DEFAULT_LIMIT,
    AsJson,
    Cursor,
    InvoiceArgument,
    Limit,
    OfPartner,
    PageNumber,
    Sort,
    TenantOption,
    choice,
    page,
)
from scaicontrol_cli.completion import words
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.errors import FAILED
from scaicontrol_cli.groups import group
from scaicontrol_cli.history import print_history
from scaicontrol_cli.invoice_views import SHOWN, print_invoice, summary_json
from scaicontrol_cli.naming import invoice_named, tenant_named
from scaicontrol_cli.output import Json, columns, print_json, print_note, print_page, print_rows
from scaicontrol_cli.sending import send_json
from scaicontrol_core.kernel.ids import PartnerId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_core.audit.entry import AuditEntry
    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.billing.series_audit import SeriesAudit
    from scaicontrol_core.documents.use_cases.show_invoice import ShownInvoice
    from scaicontrol_core.kernel.paging import Page

app = group("Invoices: drafts, numbers, documents.")
drafts.add_to(app)
credit_notes.add_to(app)
explaining.add_to(app)
invoice_documents.add_to(app)
einvoices.add_to(app)
sending.add_to(app)
payments.add_to(app)


@app.command("list")
def list_invoices(
    tenant: TenantOption = None,
    partner: OfPartner = None,
    status: Annotated[
        str | None,
        typer.Option(
            help="Only those in this status.", autocompletion=words("scaicontrol_core.billing.lifecycle:InvoiceStatus")
        ),
    ] = None,
    document_type: Annotated[
        str | None, typer.Option("--document-type", help="Only invoices, or credit notes: invoice, credit_note.")
    ] = None,
    of_invoice: Annotated[str | None, typer.Option("--of-invoice", help="Only this invoice's credit notes.")] = None,
    number: Annotated[str | None, typer.Option(help="Only the one with this number.")] = None,
    issued: Annotated[bool | None, typer.Option("--issued/--drafts", help="With a number, or without.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    page_number: PageNumber = None,
    sort: Sort = None,
    as_json: AsJson = False,
) -> None:
    """List invoices, newest first."""
    from scaicontrol_core.billing.lifecycle import DocumentType, InvoiceStatus
    from scaicontrol_core.billing.ports import InvoiceFilter
    from scaicontrol_core.billing.use_cases.list_invoices import ListInvoices

    wanted_status = choice(InvoiceStatus, status, "/status")
    wanted_type = choice(DocumentType, document_type, "/document_type")
    request = page(limit, cursor, page_number, sort)

    async def work(session: Session) -> Page[Invoice]:
        wanted = InvoiceFilter(
            tenant_id=await tenant_named(session, tenant, partner) if tenant else None,
            partner_id=PartnerId(partner) if partner else None,
            status=wanted_status,
            document_type=wanted_type,
            referenced_invoice_id=await invoice_named(session, of_invoice) if of_invoice else None,
            number=number,
            issued=issued,
        )
        return await session.use(ListInvoices)(session.actor, wanted, request)

    print_page(call(work), summary_json, SHOWN, as_json=as_json)


@app.command("show")
def show_invoice(invoice: InvoiceArgument, as_json: AsJson = False) -> None:
    """Show an invoice with its lines."""
    from scaicontrol_core.documents.use_cases.show_invoice import ShowInvoice

    async def work(session: Session) -> ShownInvoice:
        return await session.use(ShowInvoice)(session.actor, await invoice_named(session, invoice))

    shown = call(work)
    sends = [send_json(story.request, story.entries) for story in shown.sends]
    print_invoice(shown.invoice, sends=sends, as_json=as_json)


@app.command("history")
def invoice_history(
    invoice: InvoiceArgument, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, as_json: AsJson = False
) -> None:
    """Show what happened to an invoice, newest first."""
    from scaicontrol_core.audit.subject import INVOICE
    from scaicontrol_core.audit.use_cases.read_history import ReadHistory

    request = page(limit, cursor, None, None)

    async def work(session: Session) -> Page[AuditEntry]:
        return await session.use(ReadHistory)(session.actor, INVOICE, await invoice_named(session, invoice), request)

    print_history(call(work), as_json=as_json)


@app.command("verify")
def verify_invoice(
    invoice: Annotated[str | None, typer.Argument(help="Its id or number; without one, all of them.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check an invoice against its frozen document and the chain of its series; exits with 1 if it fails."""
    if invoice is None:
        _audit(None, as_json=as_json)
    else:
        _verify(invoice, as_json=as_json)


@app.command("numbering-audit")
def numbering_audit(partner: OfPartner = None, as_json: AsJson = False) -> None:
    """Walk every number series: gaps, dates, chain, tampering; exits with 1 if one has a fault."""
    _audit(PartnerId(partner) if partner else None, as_json=as_json)


def _verify(invoice: str, *, as_json: bool) -> None:
    from scaicontrol_core.billing.use_cases.audit_numbering import AuditNumbering
    from scaicontrol_core.billing.use_cases.get_invoice import GetInvoice

    async def work(session: Session) -> tuple[Invoice, Sequence[SeriesAudit]]:
        found = await session.use(GetInvoice)(session.actor, await invoice_named(session, invoice))
        return found, await session.use(AuditNumbering)(session.actor, found.seller_id)

    found, audits = call(work)
    _require_number(found)
    faults = [fault.fault for audit in audits for fault in audit.faults if fault.number == found.number]
    if as_json:
        print_json({"id": found.id, "number": found.number, "intact": not faults, "faults": faults})
    else:
        for fault in faults:
            print_note(f"{found.number}: {fault}")
        print_note(f"{found.number} is {'NOT intact' if faults else 'intact: document, columns and chain agree'}.")
    if faults:
        raise typer.Exit(FAILED)


def _audit(seller_id: PartnerId | None, *, as_json: bool) -> None:
    from scaicontrol_core.billing.use_cases.audit_numbering import AuditNumbering

    audits = call(lambda session: session.use(AuditNumbering)(session.actor, seller_id))
    items = [audit_json(audit) for audit in audits]
    if as_json:
        print_json({"items": items, "total": len(items), "next_cursor": None})
    else:
        counted = [item | {"faults": len(item["faults"])} for item in items]
        shown = ("seller_id", "document_type", "fiscal_year", "documents", "first_number", "last_number", "faults")
        print_rows(counted, columns(*shown))
        for fault in (fault for item in items for fault in item["faults"]):
            print_note(f"{fault['number']}: {fault['fault']}")
    if any(audit.faults for audit in audits):
        raise typer.Exit(FAILED)


def audit_json(audit: SeriesAudit) -> Json:
    """Return what the walk over a series found as JSON."""
    from scaicontrol_core.kernel.events import to_json

    key = audit.series.key
    return {
        "seller_id": key.seller_id,
        "document_type": key.document_type.value,
        "fiscal_year": key.fiscal_year,
        "documents": audit.documents,
        "first_number": audit.first_number,
        "last_number": audit.last_number,
        "next_number": audit.series.next_number,
        "last_issue_date": to_json(audit.series.last_issue_date),
        "intact": not audit.faults,
        "faults": [{"number": fault.number, "fault": fault.fault} for fault in audit.faults],
    }


def _require_number(invoice: Invoice) -> None:
    from scaicontrol_core.kernel.errors import Refused

    if invoice.number is None:
        raise Refused("A draft has no number to verify.", code="invoice_not_finalized", hint="Finalize it first.")
