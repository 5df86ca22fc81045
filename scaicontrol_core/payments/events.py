"""What is told of a movement of money. Amounts are positive, in minor units of ``currency``."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from attrs import frozen

from scaicontrol_core.kernel.events import Event


@frozen(kw_only=True)
class PaymentEvent(Event):
    """What every one of them tells; ``received_on`` is the seller's day."""

    resource_type: ClassVar[str] = "payment"

    payment_id: str
    invoice_id: str
    kind: str
    method: str
    provider: str | None
    amount_cents: int
    currency: str
    received_on: date
    reference: str | None


@frozen(kw_only=True)
class PaymentSucceeded(PaymentEvent):
    """The money has arrived."""

    action: ClassVar[str] = "payment.succeeded"
    topic: ClassVar[str | None] = "payment.succeeded.v1"


@frozen(kw_only=True)
class PaymentFailed(PaymentEvent):
    """The money will not come; ``failure_code`` says why in the provider's words, or the operator's."""

    action: ClassVar[str] = "payment.failed"
    topic: ClassVar[str | None] = "payment.failed.v1"

    failure_code: str | None


@frozen(kw_only=True)
class PaymentRefunded(PaymentEvent):
    """Money was given back: the refund is an entry of its own, ``refunded_payment_id`` what it gives back."""

    action: ClassVar[str] = "payment.refunded"
    topic: ClassVar[str | None] = "payment.refunded.v1"

    refunded_payment_id: str | None
    credit_note_id: str | None


@frozen(kw_only=True)
class PaymentDisputed(PaymentEvent):
    """The payer had its bank take a payment back: ``disputed_payment_id``."""

    action: ClassVar[str] = "payment.disputed"
    topic: ClassVar[str | None] = "payment.disputed.v1"

    disputed_payment_id: str | None


@frozen(kw_only=True)
class PaymentGivenBack(Event):
    """Less of a payment is left to refund than before; only the audit log needs it."""

    action: ClassVar[str] = "payment.given_back"
    resource_type: ClassVar[str] = "payment"

    by: str
    amount_cents: int
    currency: str

    @property
    def idempotency_key(self) -> str:
        """Name what gave it back."""
        return f"payment:{self.resource_id}:given_back:{self.by}"
