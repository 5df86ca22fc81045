"""The states of a movement of money and of a way to pay, and the words for its kind and its method."""

from __future__ import annotations

from enum import StrEnum

from scaicontrol_core.kernel.lifecycle import Lifecycle


class PaymentKind(StrEnum):
    """Which way the money went, and who wanted it."""

    PAYMENT = "payment"
    REFUND = "refund"
    CHARGEBACK = "chargeback"
    """Taken back by the payer through its bank, of a payment that had succeeded."""


class PaymentMethod(StrEnum):
    """By what means money moves."""

    BANK_TRANSFER = "bank_transfer"
    CARD = "card"
    SEPA_DEBIT = "sepa_debit"
    CRYPTO = "crypto"
    OTHER = "other"


class PaymentStatus(StrEnum):
    """How far a movement got; ``succeeded`` and ``failed`` are final, and only the first one counts."""

    INITIATED = "initiated"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


_S = PaymentStatus

PAYMENT_LIFECYCLE: Lifecycle[PaymentStatus] = Lifecycle(
    name="payment",
    initial=_S.INITIATED,
    edges={
        _S.INITIATED: frozenset({_S.PENDING, _S.SUCCEEDED, _S.FAILED}),
        _S.PENDING: frozenset({_S.SUCCEEDED, _S.FAILED}),
        _S.SUCCEEDED: frozenset(),
        _S.FAILED: frozenset(),
    },
)


class MethodStatus(StrEnum):
    """Whether a way to pay may still be used."""

    ACTIVE = "active"
    DETACHED = "detached"
    """Taken back, for good: a new mandate is another one."""


METHOD_LIFECYCLE: Lifecycle[MethodStatus] = Lifecycle(
    name="payment method",
    initial=MethodStatus.ACTIVE,
    edges={
        MethodStatus.ACTIVE: frozenset({MethodStatus.DETACHED}),
        MethodStatus.DETACHED: frozenset(),
    },
)
