"""``scaicontrol admin invoices send``, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli.arguments import AsJson, InvoiceArgument, Yes, require_yes
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.errors import FAILED
from scaicontrol_cli.naming import invoice_named
from scaicontrol_cli.output import Column, Json, columns, print_json, print_line, print_note, print_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_core.documents.transmission import SendEntry, SendRequest
    from scaicontrol_core.documents.transmission_stories import SendStory

_FIELDS = (
    "id", "invoice_id", "status", "recipients", "requested_by", "requested_at", "attempts", "channel", "subject",
    "template", "revision", "message_id", "handed_at", "error_code", "error",
)  # fmt: skip
_ENTRY_FIELDS = ("at", "result", "recipients", "channel", "template", "revision", "message_id", "code", "message")
_TO = Column("to", lambda row: ", ".join(row["recipients"]))
_SHOWN = (*columns("at", "result"), _TO, *columns("channel", "template", "revision", "message"))


def add_to(app: typer.Typer) -> None:
    """Add the commands to a group."""
    app.command("send")(send_invoice)
    app.command("sends")(list_sends)
    app.command("retry-send")(retry_send)
    app.command("mark-sent")(mark_sent)


def send_invoice(
    invoice: InvoiceArgument,
    to: Annotated[
        list[str] | None, typer.Option("--to", help="A recipient; may be given several times (default: the buyer).")
    ] = None,
    queue: Annotated[bool, typer.Option("--queue", help="Only queue it: a server's job delivers it.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Send an invoice or credit note by e-mail, with its PDF; exits with 1 if it could not be sent."""
    from scaicontrol_core.documents.use_cases.send_invoice import SendInvoice

    require_yes(yes, f"Send {invoice} to {', '.join(to) if to else 'its buyer'}?")

    async def work(session: Session) -> SendRequest:
        invoice_id = await invoice_named(session, invoice)
        made = await session.use(SendInvoice)(session.actor, invoice_id, to or ())
        return made if queue else await _delivered(session, made)

    _print_outcome(call(work), queued=queue, as_json=as_json)


def retry_send(
    send: Annotated[str, typer.Argument(help="The id of the send that failed.", metavar="SEND")],
    as_json: AsJson = False,
) -> None:
    """Try a failed send again, once what was wrong is mended; exits with 1 if it failed again."""
    from scaicontrol_core.documents.transmission import SendId
    from scaicontrol_core.documents.use_cases.retry_send import RetrySend

    async def work(session: Session) -> SendRequest:
        return await _delivered(session, await session.use(RetrySend)(session.actor, SendId(send)))

    _print_outcome(call(work), queued=False, as_json=as_json)


def mark_sent(
    invoices: Annotated[list[str], typer.Argument(help="Numbers or ids.", metavar="INVOICE")], as_json: AsJson = False
) -> None:
    """Record that invoices went by post, or into the buyer's portal: from now they count as sent."""
    from scaicontrol_core.billing.use_cases.record_hand_over import RecordHandOver

    async def work(session: Session) -> int:
        ids = [await invoice_named(session, each) for each in dict.fromkeys(invoices)]
        return await session.use(RecordHandOver)(session.actor, ids)

    sent = call(work)
    if as_json:
        print_json({"sent": sent})
    else:
        print_note(f"{sent} recorded as sent" + ("" if sent == len(set(invoices)) else "; the others were already"))


def list_sends(invoice: InvoiceArgument, as_json: AsJson = False) -> None:
    """Show what was sent of an invoice, to whom, and what became of it."""
    from scaicontrol_core.documents.use_cases.list_sends import ListSends

    async def work(session: Session) -> Sequence[SendStory]:
        return await session.use(ListSends)(session.actor, await invoice_named(session, invoice))

    items = [send_json(story.request, story.entries) for story in call(work)]
    if as_json:
        print_json({"items": items, "total": len(items), "next_cursor": None})
        return
    for item in items:
        print_line(f"{item['id']}  {item['status']}  {', '.join(item['recipients'])}")
        print_rows(item["history"], _SHOWN)
    print_note(f"{len(items)} sent" if items else "Nothing was sent of it.")


async def _delivered(session: Session, request: SendRequest) -> SendRequest:
    """Deliver a request at once, unless a server's job was faster."""
    from scaicontrol_core.documents.transmission import SendNotDue
    from scaicontrol_core.documents.use_cases.deliver_mail import DeliverMail

    try:
        return await session.use(DeliverMail)(session.actor, request.id)
    except SendNotDue:
        return request


def _print_outcome(request: SendRequest, *, queued: bool, as_json: bool) -> None:
    shown = send_json(request)
    if as_json:
        print_json(shown)
    elif request.handed_at is not None:
        print_note(f"Sent to {', '.join(request.recipients)} by {request.channel}: {request.message_id}")
    elif request.error is not None:
        later = f" Tried again after {request.due_at:%F %T} UTC." if request.status.value == "queued" else ""
        print_note(f"Not sent: {request.error} [{request.error_code}]{later}")
    else:
        print_note(f"Queued as {request.id}")
    if request.handed_at is None and not queued and request.error is not None:
        raise typer.Exit(FAILED)


def send_json(request: SendRequest, entries: Sequence[SendEntry] = ()) -> Json:
    """Return a request as the HTTP API shows it."""
    from scaicontrol_core.kernel.events import to_json

    return {
        **{name: to_json(getattr(request, name)) for name in _FIELDS},
        "type": request.mail_type.value,
        "due_at": to_json(request.due_at) if request.status.value == "queued" else None,
        "history": [{name: to_json(getattr(entry, name)) for name in _ENTRY_FIELDS} for entry in entries],
    }
