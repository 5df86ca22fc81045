"""One movement of money for one invoice: a payment, a refund, a chargeback."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from attrs import define, field

from scaicontrol_core.billing.errors import RefundExceedsPayments
from scaicontrol_core.kernel.events import Event, Recorder
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, PaymentId, TenantId
from scaicontrol_core.payments.events import (
    PaymentDisputed,
    PaymentFailed,
    PaymentGivenBack,
    PaymentRefunded,
    PaymentSucceeded,
)
from scaicontrol_core.payments.lifecycle import PAYMENT_LIFECYCLE, PaymentKind, PaymentMethod, PaymentStatus

_S = PaymentStatus


@define(kw_only=True, eq=False)
class Payment(Recorder):
    """An entry of the ledger. What it says of money is written once; it only gets further, or fails.

    ``amount_cents`` is positive whichever way it went, in minor units of ``currency``, the invoice's.
    ``received_on`` is the seller's day that it counts from. ``payment_id`` names the payment that a
    refund or chargeback gives back, ``returned_cents`` how much of a payment was given back so far.
    ``reference`` is the outside world's (a bank entry, a provider's id), one of a kind per seller, as is
    ``idempotency_key``. No card or mandate ever stands here.
    """

    id: PaymentId
    partner_id: PartnerId
    tenant_id: TenantId | None
    seller_id: PartnerId
    invoice_id: InvoiceId
    kind: PaymentKind
    method: PaymentMethod
    amount_cents: int
    currency: str
    received_on: date
    created_at: datetime
    status: PaymentStatus = PaymentStatus.INITIATED
    provider: str | None = None
    reference: str | None = None
    idempotency_key: str | None = None
    payment_id: PaymentId | None = None
    credit_note_id: InvoiceId | None = None
    failure_code: str | None = None
    settled_at: datetime | None = None
    returned_cents: int = 0
    version: int = 0
    _events: list[Event] = field(factory=list, init=False, repr=False)

    @property
    def counts(self) -> bool:
        """Tell whether it changes what is owed."""
        return self.status is _S.SUCCEEDED

    @property
    def signed_cents(self) -> int:
        """What it takes off the invoice's balance: a refund adds to it, what did not succeed does nothing."""
        if not self.counts:
            return 0
        return self.amount_cents if self.kind is PaymentKind.PAYMENT else -self.amount_cents

    @property
    def refundable_cents(self) -> int:
        """How much of a payment can still be given back."""
        is_received = self.counts and self.kind is PaymentKind.PAYMENT
        return self.amount_cents - self.returned_cents if is_received else 0

    # -- verbs -------------------------------------------------------------------------------

    def succeed(self, at: datetime) -> None:
        """The money moved."""
        moved = self._move(_S.SUCCEEDED)
        self.settled_at = at
        told = self._told(moved)
        if self.kind is PaymentKind.PAYMENT:
            self._record(PaymentSucceeded(**told))
        elif self.kind is PaymentKind.REFUND:
            refers: dict[str, Any] = {"refunded_payment_id": self.payment_id, "credit_note_id": self.credit_note_id}
            self._record(PaymentRefunded(**told, **refers))
        else:
            self._record(PaymentDisputed(**told, disputed_payment_id=self.payment_id))

    def fail(self, code: str | None, at: datetime) -> None:
        """The money did not move and will not."""
        moved = self._move(_S.FAILED)
        self.settled_at, self.failure_code = at, code
        self._record(PaymentFailed(**self._told(moved), failure_code=code))

    def give_back(self, amount_cents: int, by: PaymentId) -> None:
        """Note that a refund or chargeback gives some of it back. Raises ``RefundExceedsPayments``."""
        if amount_cents > self.refundable_cents:
            raise RefundExceedsPayments(None, self.refundable_cents, self.currency)
        before, self.returned_cents = self.returned_cents, self.returned_cents + amount_cents
        self._record(
            PaymentGivenBack(
                resource_id=self.id,
                partner_id=self.partner_id,
                tenant_id=self.tenant_id,
                ordinal=self.version + 1,
                changes={"returned_cents": (before, self.returned_cents)},
                by=by,
                amount_cents=amount_cents,
                currency=self.currency,
            )
        )

    # -- inside ------------------------------------------------------------------------------

    def _move(self, target: PaymentStatus) -> dict[str, tuple[Any, Any]]:
        PAYMENT_LIFECYCLE.require(self.status, target)
        before, self.status = self.status, target
        return {"status": (before.value if self.version else None, target.value)}

    def _told(self, changes: dict[str, tuple[Any, Any]]) -> dict[str, Any]:
        return {
            "resource_id": self.id,
            "partner_id": self.partner_id,
            "tenant_id": self.tenant_id,
            "ordinal": self.version + 1,
            "changes": changes,
            "payment_id": self.id,
            "invoice_id": self.invoice_id,
            "kind": self.kind.value,
            "method": self.method.value,
            "provider": self.provider,
            "amount_cents": self.amount_cents,
            "currency": self.currency,
            "received_on": self.received_on,
            "reference": self.reference,
        }
