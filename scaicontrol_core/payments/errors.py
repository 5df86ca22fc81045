"""What can go wrong with a payment, each with its stable code."""

from __future__ import annotations

from scaicontrol_core.kernel.errors import Conflict, FieldError, Invalid


class NothingToPay(Conflict):
    """Nothing of the invoice is open."""

    code = "nothing_to_pay"

    def __init__(self, number: str | None) -> None:
        super().__init__(
            f"Nothing of invoice {number} is open.",
            hint="Name the amount to record a payment that came all the same: it stands to the customer's credit.",
        )


class NothingToRefund(Conflict):
    """Nothing was paid that is not refunded already."""

    code = "nothing_to_refund"

    def __init__(self, number: str | None) -> None:
        super().__init__(f"Nothing that was paid for invoice {number} is left to refund.")


class RefundSpansPayments(Conflict):
    """A refund goes back the way one payment came; this one is more than any of them."""

    code = "refund_spans_payments"

    def __init__(self, left: tuple[tuple[str, int], ...]) -> None:
        super().__init__(
            "No single payment has that much left.",
            fields=tuple(FieldError("/payment_id", f"{payment_id}: {cents} left") for payment_id, cents in left),
            hint="Refund the payments one by one.",
        )


class CreditNoteMismatch(Conflict):
    """The credit note and the refund are not of the same amount."""

    code = "credit_note_mismatch"

    def __init__(self, refund_cents: int, note_cents: int) -> None:
        super().__init__(
            f"The refund is {refund_cents} and the credit note would be {note_cents}.",
            fields=(FieldError("/amount_cents", f"{note_cents} would match"),),
            hint="Leave the amount out to refund what the credit note takes back, or choose other lines.",
        )


class PaymentReferenceTaken(Conflict):
    """The seller has a payment of that reference already."""

    code = "payment_reference_taken"

    def __init__(self, reference: str | None) -> None:
        super().__init__(
            f"A payment of reference {reference!r} was recorded already.",
            fields=(FieldError("/reference", "recorded already"),),
        )


class PaymentKeyReused(Invalid):
    """The key was used for another payment."""

    code = "payment_key_reused"

    def __init__(self) -> None:
        super().__init__(
            "This idempotency key was used for another payment.",
            fields=(FieldError("/idempotency_key", "use a new key for another payment"),),
        )


class MandateReferenceTaken(Conflict):
    """The creditor has a mandate of that reference already, of whomever and detached or not."""

    code = "mandate_reference_taken"

    def __init__(self) -> None:
        super().__init__(
            "The seller has a mandate of this reference already.",
            fields=(FieldError("/mandate_reference", "taken already"),),
            hint="A reference names one mandate for ever: give a new mandate another one.",
        )


class PaymentMethodDetached(Conflict):
    """What was detached is not paid with any more."""

    code = "payment_method_detached"

    def __init__(self) -> None:
        super().__init__("This payment method was detached.", hint="Record a new mandate.")


class TooManyPaymentMethods(Conflict):
    """A customer has as many as can be kept, detached ones included."""

    code = "too_many_payment_methods"

    def __init__(self, most: int) -> None:
        super().__init__(f"A customer can have {most} payment methods, detached ones included.")
