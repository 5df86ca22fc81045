"""What is wanted of the payment use cases, checked before anything is read."""

from __future__ import annotations

from datetime import date

from attrs import frozen

from scaicontrol_core.billing.credit_note import NewCreditNote
from scaicontrol_core.kernel.checks import Check, check_fields, maybe, maybe_text, required, whole
from scaicontrol_core.kernel.idempotency import MAX_KEY_LENGTH
from scaicontrol_core.kernel.ids import PaymentId
from scaicontrol_core.payments.lifecycle import PaymentMethod

MAX_AMOUNT = 10**15
MAX_REFERENCE = 140
MAX_WORD = 60
_AMOUNT = maybe(whole(1, MAX_AMOUNT))
_SHARED: dict[str, Check] = {
    "amount_cents": _AMOUNT,
    "provider": maybe_text(MAX_WORD),
    "reference": maybe_text(MAX_REFERENCE),
    "idempotency_key": maybe_text(MAX_KEY_LENGTH),
}


@frozen(kw_only=True)
class NewPayment:
    """Money that arrived. ``amount_cents`` None: all that is open; ``received_on`` None: the seller's today.

    ``reference`` is the bank's or provider's own; with ``idempotency_key`` a repeat records nothing new.
    """

    amount_cents: int | None = None
    method: PaymentMethod = PaymentMethod.BANK_TRANSFER
    received_on: date | None = None
    currency: str | None = None
    provider: str | None = None
    reference: str | None = None
    idempotency_key: str | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse amounts of nothing and texts too long."""
        check_fields(self, _SHARED)


@frozen(kw_only=True)
class NewFailedPayment:
    """A payment that was tried and failed: why, in the provider's words; None: all that is open was wanted."""

    failure_code: str = "declined"
    amount_cents: int | None = None
    method: PaymentMethod = PaymentMethod.CARD
    received_on: date | None = None
    provider: str | None = None
    reference: str | None = None
    idempotency_key: str | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse amounts of nothing and texts too long."""
        check_fields(self, {**_SHARED, "failure_code": required(MAX_WORD)})


@frozen(kw_only=True)
class NewRefund:
    """Money to give back, of one payment (None: the newest that has enough left).

    ``amount_cents`` None: all that is left, or with ``credit_note`` as much of it as the note takes
    back. With ``credit_note`` the note is issued in the same breath, and of the same amount: where it names
    no lines, of as much of the first ones as it takes.
    """

    amount_cents: int | None = None
    payment_id: PaymentId | None = None
    credit_note: NewCreditNote | None = None
    method: PaymentMethod | None = None
    received_on: date | None = None
    provider: str | None = None
    reference: str | None = None
    idempotency_key: str | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse amounts of nothing and texts too long."""
        check_fields(self, _SHARED)
