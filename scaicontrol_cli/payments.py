"""``scaicontrol admin payments``: what was paid and given back; ``admin invoices mark-paid``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli import payment_methods
from scaicontrol_cli.arguments import (
    DEFAULT_LIMIT,
    AsJson,
    Cursor,
    InvoiceArgument,
    Limit,
    OfPartner,
    PageNumber,
    Sort,
    TenantArgument,
    TenantOption,
    Yes,
    choice,
    day,
    page,
    require_yes,
)
from scaicontrol_cli.completion import words
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.groups import group
from scaicontrol_cli.invoice_views import invoice_json
from scaicontrol_cli.naming import invoice_named, tenant_named
from scaicontrol_cli.output import (
    Json,
    amount,
    amount_column,
    columns,
    print_json,
    print_line,
    print_note,
    print_page,
    print_rows,
)
from scaicontrol_core.kernel.ids import PartnerId, PaymentId

if TYPE_CHECKING:
    from scaicontrol_core.kernel.paging import Page
    from scaicontrol_core.payments.balances import Balance
    from scaicontrol_core.payments.payment import Payment
    from scaicontrol_core.payments.payment_input import NewPayment
    from scaicontrol_core.payments.recording import RecordedPayment
    from scaicontrol_core.payments.use_cases.record_refund import RecordedRefund

app = group("Payments: what was paid, failed and was given back; what is open.")
app.add_typer(payment_methods.app, name="methods")

_FIELDS = (
    "id", "invoice_id", "tenant_id", "partner_id", "seller_id", "kind", "method", "status", "amount_cents",
    "returned_cents", "currency", "received_on", "provider", "reference", "payment_id", "credit_note_id",
    "failure_code", "created_at", "settled_at",
)  # fmt: skip
_SHOWN = (
    *columns("id", "received_on", "invoice_id", "kind", "status", "method", "reference"),
    amount_column("amount", "amount_cents"),
)
_BALANCES = (
    *columns("seller_id"),
    amount_column("open", "open_cents"),
    amount_column("overdue", "overdue_cents"),
    amount_column("credit", "credit_cents"),
)
_Cents = Annotated[int | None, typer.Option("--cents", help="The amount in minor units (default: all of it).")]
_Method = Annotated[
    str, typer.Option(help="How the money came: bank_transfer, card, sepa_debit, crypto, other.", metavar="METHOD")
]
_Day = Annotated[str | None, typer.Option("--on", help="The seller's day it counts from, YYYY-MM-DD (default: today).")]
_Reference = Annotated[str | None, typer.Option(help="The bank's or provider's own reference; recorded once.")]
_Key = Annotated[str | None, typer.Option("--key", help="With the same key nothing is recorded twice.")]


def add_to(invoices: typer.Typer) -> None:
    """Add the commands to the group of invoices."""
    invoices.command("mark-paid")(mark_paid)


def mark_paid(
    invoice: InvoiceArgument,
    method: _Method = "bank_transfer",
    on: _Day = None,
    reference: _Reference = None,
    as_json: AsJson = False,
) -> None:
    """Record that all that is open on an invoice was paid."""
    _pay(invoice, _payment(None, method, on, reference), as_json=as_json)


@app.command("record")
def record_payment(
    invoice: InvoiceArgument,
    cents: Annotated[int, typer.Argument(help="The amount in minor units.")],
    method: _Method = "bank_transfer",
    on: _Day = None,
    reference: _Reference = None,
    key: _Key = None,
    as_json: AsJson = False,
) -> None:
    """Record money that arrived for an invoice: in full, in part, or too much."""
    _pay(invoice, _payment(cents, method, on, reference, key), as_json=as_json)


@app.command("fail")
def record_failed_payment(
    invoice: InvoiceArgument,
    code: Annotated[str, typer.Option(help="Why, in the provider's words.")] = "declined",
    cents: _Cents = None,
    method: _Method = "card",
    on: _Day = None,
    key: _Key = None,
    as_json: AsJson = False,
) -> None:
    """Record that a scheduled payment failed: what the invoice charges is past due."""
    from scaicontrol_core.payments.lifecycle import PaymentMethod
    from scaicontrol_core.payments.payment_input import NewFailedPayment
    from scaicontrol_core.payments.use_cases.record_failed_payment import RecordFailedPayment

    means = choice(PaymentMethod, method, "/method") or PaymentMethod.CARD
    wanted = NewFailedPayment(
        failure_code=code, amount_cents=cents, method=means, received_on=day(on, "/on"), idempotency_key=key
    )

    async def work(session: Session) -> RecordedPayment:
        return await session.use(RecordFailedPayment)(session.actor, await invoice_named(session, invoice), wanted)

    _print_recorded(call(work), as_json=as_json)


@app.command("refund")
def record_refund(
    invoice: InvoiceArgument,
    cents: _Cents = None,
    payment: Annotated[str | None, typer.Option(help="Of this payment (default: the newest with enough left).")] = None,
    credit_note: Annotated[
        bool, typer.Option("--credit-note", help="Credit the invoice too: all that is left, or the lines named.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why; it stands on the credit note.")] = "Refund",
    lines: Annotated[
        list[str] | None,
        typer.Option("--line", help='Lines to credit, as admin invoices credit-note has them: "1=5000".'),
    ] = None,
    on: _Day = None,
    reference: _Reference = None,
    key: _Key = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Record money given back, never more than was paid; with a credit note, both or neither."""
    from scaicontrol_cli.credit_notes import wanted_note
    from scaicontrol_core.payments.payment_input import NewRefund
    from scaicontrol_core.payments.use_cases.record_refund import RecordRefund

    wanted = NewRefund(
        amount_cents=cents,
        payment_id=PaymentId(payment) if payment else None,
        credit_note=wanted_note(reason, lines) if credit_note or lines else None,
        received_on=day(on, "/on"),
        reference=reference,
        idempotency_key=key,
    )
    require_yes(yes, f"Record a refund of {invoice}, for ever?")

    async def work(session: Session) -> RecordedRefund:
        return await session.use(RecordRefund)(session.actor, await invoice_named(session, invoice), wanted)

    done = call(work)
    if as_json:
        note = None if done.credit_note is None else invoice_json(done.credit_note)
        print_json({"refund": _payment_json(done.refund), "invoice": invoice_json(done.invoice), "credit_note": note})
        return
    print_rows([_payment_json(done.refund)], _SHOWN)
    if done.credit_note is not None:
        print_note(f"{done.credit_note.number} credits {done.invoice.number}.")


@app.command("list")
def list_payments(
    tenant: TenantOption = None,
    partner: OfPartner = None,
    invoice: Annotated[str | None, typer.Option(help="Only those of this invoice (id or number).")] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            help="payment, refund or chargeback.",
            autocompletion=words("scaicontrol_core.payments.lifecycle:PaymentKind"),
        ),
    ] = None,
    status: Annotated[
        str | None,
        typer.Option(
            help="Only those in this status.", autocompletion=words("scaicontrol_core.payments.lifecycle:PaymentStatus")
        ),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(
            help="Only those that came this way.",
            autocompletion=words("scaicontrol_core.payments.lifecycle:PaymentMethod"),
        ),
    ] = None,
    reference: Annotated[str | None, typer.Option(help="Only the one of this reference.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    page_number: PageNumber = None,
    sort: Sort = None,
    as_json: AsJson = False,
) -> None:
    """List payments, refunds and chargebacks, newest first."""
    from scaicontrol_core.payments.lifecycle import PaymentKind, PaymentMethod, PaymentStatus
    from scaicontrol_core.payments.ports import PaymentFilter
    from scaicontrol_core.payments.use_cases.list_payments import ListPayments

    wanted_kind = choice(PaymentKind, kind, "/kind")
    wanted_status = choice(PaymentStatus, status, "/status")
    wanted_method = choice(PaymentMethod, method, "/method")
    request = page(limit, cursor, page_number, sort)

    async def work(session: Session) -> Page[Payment]:
        wanted = PaymentFilter(
            tenant_id=await tenant_named(session, tenant, partner) if tenant else None,
            partner_id=PartnerId(partner) if partner else None,
            invoice_id=await invoice_named(session, invoice) if invoice else None,
            kind=wanted_kind,
            status=wanted_status,
            method=wanted_method,
            reference=reference,
        )
        return await session.use(ListPayments)(session.actor, wanted, request)

    print_page(call(work), _payment_json, _SHOWN, as_json=as_json)


@app.command("balances")
def read_balances(tenant: TenantArgument, as_json: AsJson = False) -> None:
    """Show what a customer owes and has to its credit, by seller and currency."""
    from scaicontrol_core.kernel.events import to_json
    from scaicontrol_core.payments.use_cases.read_balances import ReadBalances

    async def work(session: Session) -> tuple[Balance, ...]:
        return await session.use(ReadBalances)(session.actor, await tenant_named(session, tenant))

    found: list[Json] = [to_json(balance) for balance in call(work)]
    if as_json:
        print_json({"items": found, "total": len(found), "next_cursor": None})
        return
    print_rows(found, _BALANCES)


def _payment(
    cents: int | None, method: str, on: str | None, reference: str | None, key: str | None = None
) -> NewPayment:
    from scaicontrol_core.payments.lifecycle import PaymentMethod
    from scaicontrol_core.payments.payment_input import NewPayment

    means = choice(PaymentMethod, method, "/method") or PaymentMethod.BANK_TRANSFER
    return NewPayment(
        amount_cents=cents, method=means, received_on=day(on, "/on"), reference=reference, idempotency_key=key
    )


def _pay(invoice: str, wanted: NewPayment, *, as_json: bool) -> None:
    from scaicontrol_core.payments.use_cases.record_payment import RecordPayment

    async def work(session: Session) -> RecordedPayment:
        return await session.use(RecordPayment)(session.actor, await invoice_named(session, invoice), wanted)

    _print_recorded(call(work), as_json=as_json)


def _print_recorded(recorded: RecordedPayment, *, as_json: bool) -> None:
    invoice = recorded.invoice
    if as_json:
        print_json({"payment": _payment_json(recorded.payment), "invoice": invoice_json(invoice)})
        return
    print_rows([_payment_json(recorded.payment)], _SHOWN)
    print_line()
    credit = (
        f", {amount(invoice.credit_cents, invoice.currency)} to the customer's credit" if invoice.credit_cents else ""
    )
    print_line(f"{invoice.number} is {invoice.status}: {amount(invoice.open_cents, invoice.currency)} open{credit}.")


def _payment_json(payment: Payment) -> Json:
    from scaicontrol_core.kernel.events import to_json

    return {name: to_json(getattr(payment, name)) for name in _FIELDS}
