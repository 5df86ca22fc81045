"""Payments, refunds and chargebacks: the ledger of money that moved. And what customers pay with."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol_adapters.sql.rows.base import (
    Cents,
    Code,
    Currency,
    Id,
    PrimaryId,
    Row,
    TenantOrPartnerScoped,
    TenantScoped,
    index,
    of_tenant,
    one_of,
    state_of,
    table,
    unique,
)
from scaicontrol_core.kernel.idempotency import MAX_KEY_LENGTH
from scaicontrol_core.payments.lifecycle import METHOD_LIFECYCLE, PAYMENT_LIFECYCLE, PaymentKind, PaymentMethod
from scaicontrol_core.payments.method_input import MAX_DEBTOR_NAME, MAX_MANDATE_REFERENCE
from scaicontrol_core.payments.payment_input import MAX_REFERENCE, MAX_WORD


class PaymentRow(Row, TenantOrPartnerScoped):
    """One movement of money. Triggers refuse to take it away, or to change what it says of the money."""

    __tablename__ = "payments"
    __table_args__ = table(
        of_tenant(),
        unique(
            "seller_id",
            "reference",
            code="payment_reference_taken",
            message="A payment of this reference was recorded already.",
        ),
        unique(
            "seller_id",
            "idempotency_key",
            code="payment_key_taken",
            message="A payment of this key was recorded already.",
            race=True,
        ),
        one_of("kind", PaymentKind),
        one_of("method", PaymentMethod),
        state_of(PAYMENT_LIFECYCLE),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint("returned_cents >= 0 AND returned_cents <= amount_cents", name="returned_within_amount"),
        index("invoice_id", "id"),
        index("created_at", "id"),
        index("tenant_id", "created_at", "id"),
        index("partner_id", "created_at", "id"),
        index("seller_id", "created_at", "id"),
        index("received_on", "id"),
    )

    id: Mapped[PrimaryId]
    seller_id: Mapped[Id] = mapped_column(ForeignKey("partners.id"))
    invoice_id: Mapped[Id] = mapped_column(ForeignKey("invoices.id"))
    kind: Mapped[Code]
    method: Mapped[Code]
    status: Mapped[Code]
    amount_cents: Mapped[Cents]
    currency: Mapped[Currency]
    received_on: Mapped[date]
    created_at: Mapped[datetime]
    provider: Mapped[str | None] = mapped_column(String(MAX_WORD))
    reference: Mapped[str | None] = mapped_column(String(MAX_REFERENCE))
    idempotency_key: Mapped[str | None] = mapped_column(String(MAX_KEY_LENGTH))
    payment_id: Mapped[Id | None]
    credit_note_id: Mapped[Id | None]
    failure_code: Mapped[str | None] = mapped_column(String(MAX_WORD))
    settled_at: Mapped[datetime | None]
    returned_cents: Mapped[Cents]
    version: Mapped[int]


class PaymentMethodRow(Row, TenantScoped):
    """One mandate. ``default_for`` repeats the tenant while it is its default: unique, so there is one at most."""

    __tablename__ = "payment_methods"
    __table_args__ = table(
        of_tenant(),
        unique(
            "seller_id",
            "mandate_reference",
            code="mandate_reference_taken",
            message="The seller has a mandate of this reference already.",
        ),
        unique("default_for", code="payment_default_taken", message="There is a default already.", race=True),
        state_of(METHOD_LIFECYCLE),
        CheckConstraint(
            "default_for IS NULL OR (default_for = tenant_id AND status = 'active')", name="default_is_active"
        ),
        index("tenant_id", "created_at", "id"),
    )

    id: Mapped[PrimaryId]
    seller_id: Mapped[Id] = mapped_column(ForeignKey("partners.id"))
    mandate_reference: Mapped[str] = mapped_column(String(MAX_MANDATE_REFERENCE))
    debtor_name: Mapped[str] = mapped_column(String(MAX_DEBTOR_NAME))
    iban: Mapped[str] = mapped_column(String(34))
    bic: Mapped[str | None] = mapped_column(String(11))
    signed_on: Mapped[date]
    created_at: Mapped[datetime]
    status: Mapped[Code]
    default_for: Mapped[Id | None]
    detached_at: Mapped[datetime | None]
    version: Mapped[int]
