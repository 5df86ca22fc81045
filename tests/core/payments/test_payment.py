"""One movement of money: what it counts for, and what is told of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from scaicontrol_core.billing.errors import RefundExceedsPayments
from scaicontrol_core.kernel.errors import InvalidTransition
from scaicontrol_core.kernel.ids import InvoiceId, PaymentId
from scaicontrol_core.payments.lifecycle import PaymentKind, PaymentMethod, PaymentStatus
from scaicontrol_core.payments.payment import Payment
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID
from scaicontrol_core.testing.clock import DEFAULT_START


def moved(kind: PaymentKind = PaymentKind.PAYMENT, **fields: Any) -> Payment:
    """Return 100.00 on their way."""
    facts: dict[str, Any] = {
        "id": PaymentId("pmt_1"),
        "partner_id": OPERATOR_ID,
        "tenant_id": TENANT_ID,
        "seller_id": OPERATOR_ID,
        "invoice_id": InvoiceId("inv_1"),
        "kind": kind,
        "method": PaymentMethod.SEPA_DEBIT,
        "amount_cents": 10_000,
        "currency": "EUR",
        "received_on": date(2026, 1, 15),
        "created_at": DEFAULT_START,
    }
    return Payment(**(facts | fields))


@pytest.mark.parametrize(
    ("kind", "topic", "signed"),
    [
        (PaymentKind.PAYMENT, "payment.succeeded.v1", 10_000),
        (PaymentKind.REFUND, "payment.refunded.v1", -10_000),
        (PaymentKind.CHARGEBACK, "payment.disputed.v1", -10_000),
    ],
)
def test_it_counts_once_it_has_succeeded(kind: PaymentKind, topic: str, signed: int) -> None:
    payment = moved(kind, payment_id=None if kind is PaymentKind.PAYMENT else PaymentId("pmt_0"))
    assert (payment.counts, payment.signed_cents) == (False, 0)
    payment.succeed(DEFAULT_START)
    assert (payment.signed_cents, payment.settled_at) == (signed, DEFAULT_START)
    (event,) = payment.collect_events()
    assert (event.topic, event.payload()["amount_cents"], event.resource_id) == (topic, 10_000, payment.id)


def test_what_failed_never_counts_and_stays_so() -> None:
    payment = moved(status=PaymentStatus.PENDING)
    payment.fail("mandate_revoked", DEFAULT_START)
    assert (payment.signed_cents, payment.refundable_cents, payment.failure_code) == (0, 0, "mandate_revoked")
    (event,) = payment.collect_events()
    assert (event.topic, event.payload()["failure_code"]) == ("payment.failed.v1", "mandate_revoked")
    with pytest.raises(InvalidTransition):
        payment.succeed(DEFAULT_START)


def test_only_what_came_can_go_back() -> None:
    payment = moved()
    with pytest.raises(RefundExceedsPayments):
        payment.give_back(1, PaymentId("rfd_1"))
    payment.succeed(DEFAULT_START)
    payment.give_back(9_999, PaymentId("rfd_1"))
    assert payment.refundable_cents == 1
    with pytest.raises(RefundExceedsPayments):
        payment.give_back(2, PaymentId("rfd_2"))
    refund = moved(PaymentKind.REFUND)
    refund.succeed(DEFAULT_START)
    assert refund.refundable_cents == 0
