"""What all use cases that write a payment share."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar

from attrs import frozen

from scaicontrol_core.billing.seller import issuer_of, require_own_name
from scaicontrol_core.billing.standing import catch_up
from scaicontrol_core.kernel.errors import CommitUnknown, Invalid, Stale
from scaicontrol_core.kernel.ids import PaymentId
from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.payments.errors import PaymentKeyReused
from scaicontrol_core.payments.payment import Payment

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from scaicontrol_core.access.actor import Actor
    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.kernel.ids import InvoiceId
    from scaicontrol_core.payments.lifecycle import PaymentKind
    from scaicontrol_core.payments.payment_input import NewFailedPayment, NewPayment, NewRefund
    from scaicontrol_core.payments.ports import PaymentsWork

    Wanted = NewPayment | NewFailedPayment | NewRefund

T = TypeVar("T")
#: How often whoever lost the race for an invoice reads it again.
ATTEMPTS = 16
_FIRST_DAY = date(2000, 1, 1)


@frozen(kw_only=True)
class RecordedPayment:
    """An entry of the ledger and its invoice as it stands after it."""

    payment: Payment
    invoice: Invoice


@frozen(kw_only=True)
class Entry:
    """What will be written: under which id, for which invoice, when."""

    id: PaymentId
    invoice_id: InvoiceId
    now: datetime


async def persisting(attempt: Callable[[], Awaitable[T]], kept: Callable[[], Awaitable[T | None]]) -> T:
    """Return what an attempt returns, made again while others change the same invoice.

    Writing the invoice's new version first makes all that settle the same one meet there: the
    second gets ``Stale`` and reads again. ``kept`` looks what became of a COMMIT that nobody answered.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return await attempt()
        except Stale:
            continue
        except CommitUnknown:
            found = await kept()
            if found is None:
                raise
            return found
    return await attempt()


async def own_invoice(work: PaymentsWork, actor: Actor, invoice_id: InvoiceId) -> Invoice:
    """Return the invoice if the actor may write for its seller. Raises ``NotFound``, ``NotYourSeries``."""
    invoice = await work.invoices.get(invoice_id)
    require_own_name(actor, invoice.seller_id)
    return invoice


async def known(work: PaymentsWork, invoice: Invoice, wanted: Wanted, kind: PaymentKind) -> Payment | None:
    """Return what was recorded under the same key before; ``PaymentKeyReused`` if it was something else."""
    if wanted.idempotency_key is None:
        return None
    found = await work.payments.with_key(invoice.seller_id, wanted.idempotency_key)
    if found is None:
        return None
    same = (found.invoice_id, found.kind) == (invoice.id, kind)
    if not same or wanted.amount_cents not in (None, found.amount_cents):
        raise PaymentKeyReused
    return found


async def kept_before(work: PaymentsWork, entry: Entry) -> RecordedPayment | None:
    """Return the entry and its invoice if it was written after all."""
    payment = await work.payments.find(entry.id)
    if payment is None:
        return None
    return RecordedPayment(payment=payment, invoice=await work.invoices.get(entry.invoice_id))


async def day_of(work: PaymentsWork, invoice: Invoice, wanted: date | None, now: datetime) -> date:
    """Return the seller's day that money counts from: today, or an earlier one that is wished for.

    Raises ``Invalid`` (``received_on_invalid``) for a day to come.
    """
    today = local_date(now, (await issuer_of(work, invoice)).configuration.billing_timezone)
    if wanted is not None and not _FIRST_DAY <= wanted <= today:
        raise Invalid.field(
            "/received_on", f"Name today ({today}) or an earlier day since 2000.", code="received_on_invalid"
        )
    return wanted or today


def entry_of(entry: Entry, invoice: Invoice, wanted: Wanted, kind: PaymentKind, day: date, amount: int) -> Payment:
    """Return the entry before the money has moved."""
    assert wanted.method is not None  # noqa: S101  # a refund's is settled by the payment it gives back
    return Payment(
        id=entry.id,
        partner_id=invoice.partner_id,
        tenant_id=invoice.tenant_id,
        seller_id=invoice.seller_id,
        invoice_id=invoice.id,
        kind=kind,
        method=wanted.method,
        amount_cents=amount,
        currency=invoice.currency,
        received_on=day,
        created_at=entry.now,
        provider=wanted.provider,
        reference=wanted.reference,
        idempotency_key=wanted.idempotency_key,
    )


async def keep_settled(work: PaymentsWork, invoice: Invoice, now: datetime, *, was_open: bool) -> None:
    """Write an invoice whose balance changed; what it charges is active again if that closed it."""
    await work.invoices.save(invoice)
    if was_open and not invoice.open_cents and invoice.payment_failed_at is not None:
        await catch_up(work, invoice, now)
