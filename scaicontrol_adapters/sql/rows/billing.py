"""Invoices with their lines, number series, the ledger of billed periods, billing runs."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol_adapters.sql.rows.base import (
    ID_LENGTH,
    Cents,
    Code,
    Currency,
    Id,
    Json,
    LongText,
    PlanKey,
    PrimaryId,
    Reach,
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
from scaicontrol_core.billing.billing_run import RUN_IS_OPEN, RUN_LIFECYCLE
from scaicontrol_core.billing.ledger import ChargeKind
from scaicontrol_core.billing.lifecycle import INVOICE_LIFECYCLE, DocumentType, PdfStatus

_NUMBERED = ("number", "sequence", "fiscal_year", "issue_date", "frozen_document", "chain_hash", "finalized_at")
_ALL_OR_NOTHING = " OR ".join(
    "(" + " AND ".join(f"{column} IS {state}" for column in _NUMBERED) + ")" for state in ("NULL", "NOT NULL")
)


class InvoiceRow(Row, TenantOrPartnerScoped):
    """An invoice. Once it has a number, a trigger refuses every change to what it says.

    ``line_count`` closes the lines of a numbered document: a line beyond it is refused.
    ``order_date`` and ``order_number`` are issue date and number to sort by, never NULL.
    """

    __tablename__ = "invoices"
    __table_args__ = table(
        of_tenant(),
        unique(
            "seller_id",
            "document_type",
            "fiscal_year",
            "sequence",
            code="number_taken",
            message="Another document of the series has this number.",
            race=True,
        ),
        unique("seller_id", "number", code="number_taken", message="Another document has this number.", race=True),
        state_of(INVOICE_LIFECYCLE),
        one_of("document_type", DocumentType),
        one_of("pdf_status", PdfStatus),
        CheckConstraint(_ALL_OR_NOTHING, name="numbered_whole"),
        CheckConstraint("(tenant_id IS NULL) <> (buyer_partner_id IS NULL)", name="one_buyer"),
        CheckConstraint("number IS NOT NULL OR status IN ('draft', 'void')", name="numbered_unless_draft"),
        index("created_at", "id"),
        index("tenant_id", "created_at", "id"),
        index("partner_id", "created_at", "id"),
        index("seller_id", "created_at", "id"),
        index("status", "created_at", "id"),
        index("run_id", "created_at", "id"),
        index("currency", "created_at", "id"),
        index("order_date", "id"),
        index("order_number", "id"),
        index("pdf_status", "id"),
        index("referenced_invoice_id", "id"),
        index("buyer_partner_id", "id"),
        index("status", "due_date", "id"),
    )

    id: Mapped[PrimaryId]
    seller_id: Mapped[Id] = mapped_column(ForeignKey("partners.id"))
    document_type: Mapped[Code]
    status: Mapped[Code]
    currency: Mapped[Currency]
    created_at: Mapped[datetime]
    period_start: Mapped[date | None]
    period_end: Mapped[date | None]
    notes: Mapped[str | None] = mapped_column(Text)
    buyer_reference: Mapped[str | None] = mapped_column(String(255))
    invoice_date: Mapped[date | None]
    due_date: Mapped[date | None]
    run_id: Mapped[Id | None]
    buyer_partner_id: Mapped[Id | None]
    referenced_invoice_id: Mapped[Id | None]
    reason: Mapped[str | None] = mapped_column(String(500))
    credited_net_cents: Mapped[Cents] = mapped_column(server_default="0")
    credited_tax_cents: Mapped[Cents] = mapped_column(server_default="0")
    credited_lines: Mapped[Json] = mapped_column(server_default="[]")
    credited_note_ids: Mapped[Json] = mapped_column(server_default="[]")
    paid_cents: Mapped[Cents] = mapped_column(server_default="0")
    refunded_cents: Mapped[Cents] = mapped_column(server_default="0")
    payment_failed_at: Mapped[datetime | None]
    number: Mapped[str | None] = mapped_column(String(64))
    sequence: Mapped[int | None] = mapped_column(BigInteger)
    fiscal_year: Mapped[int | None]
    issue_date: Mapped[date | None]
    net_cents: Mapped[Cents]
    tax_cents: Mapped[Cents]
    gross_cents: Mapped[Cents]
    line_count: Mapped[int]
    frozen_document: Mapped[LongText | None]
    chain_hash: Mapped[str | None] = mapped_column(String(64))
    finalized_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]
    void_reason: Mapped[str | None] = mapped_column(String(500))
    pdf_status: Mapped[Code]
    version: Mapped[int]
    order_date: Mapped[date]
    order_number: Mapped[str] = mapped_column(String(64))


class InvoiceLineRow(Row, TenantOrPartnerScoped):
    """A line, in the invoice's order. Those of a numbered invoice can't be changed, added or removed."""

    __tablename__ = "invoice_lines"
    __table_args__ = table(index("tenant_id"), index("partner_id"), index("subscription_id"))

    invoice_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("invoices.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[Id]
    description: Mapped[str] = mapped_column(String(1000))
    quantity: Mapped[Decimal]
    unit_price_cents: Mapped[Decimal]
    unit_price_divisor: Mapped[int] = mapped_column(BigInteger)
    unit_code: Mapped[str] = mapped_column(String(3))
    net_cents: Mapped[Cents]
    period_start: Mapped[date | None]
    period_end: Mapped[date | None]
    supply_date: Mapped[date | None]
    plan_key: Mapped[PlanKey | None]
    subscription_id: Mapped[Id | None]


class NumberSeriesRow(Row, Reach):
    """The counter of one series: seller, document type, fiscal year."""

    __tablename__ = "number_series"
    __table_args__ = table(one_of("document_type", DocumentType))
    partner_column = "seller_id"

    seller_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("partners.id"), primary_key=True)
    document_type: Mapped[Code] = mapped_column(primary_key=True)
    fiscal_year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    prefix: Mapped[str] = mapped_column(String(12))
    first_number: Mapped[int] = mapped_column(BigInteger)
    next_number: Mapped[int] = mapped_column(BigInteger)
    last_issue_date: Mapped[date | None]
    last_hash: Mapped[str | None] = mapped_column(String(64))


class ConsumerTurnoverRow(Row, Reach):
    """What a seller invoiced to consumers of other member states in a calendar year, in euro cents."""

    __tablename__ = "consumer_turnovers"
    __table_args__ = table()
    partner_column = "seller_id"

    seller_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("partners.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    net_cents: Mapped[Cents]
    version: Mapped[int]


class BilledPeriodRow(Row, TenantScoped):
    """One period of one subscription, charged once: the primary key says so. Append-only.

    ``subscription_id`` names a plain subscription, or a pack's where ``charge_kind`` says so.
    """

    __tablename__ = "billed_periods"
    __table_args__ = table(
        of_tenant(), one_of("charge_kind", ChargeKind), index("invoice_id"), index("run_id"), index("partner_id")
    )

    subscription_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    charge_kind: Mapped[Code] = mapped_column(primary_key=True)
    period_start: Mapped[date]
    period_end: Mapped[date]
    net_cents: Mapped[Cents]
    currency: Mapped[Currency]
    invoice_id: Mapped[Id | None] = mapped_column(ForeignKey("invoices.id"))
    run_id: Mapped[Id]
    billed_at: Mapped[datetime]


class BillingRunRow(Row, Reach):
    """A billing run; one of the platform's names no partner."""

    __tablename__ = "billing_runs"
    __table_args__ = table(
        state_of(RUN_LIFECYCLE),
        unique("open_key", code="run_is_open", message=RUN_IS_OPEN),
        index("started_at", "id"),
        index("partner_id", "started_at", "id"),
    )
    partner_column = "partner_id"

    id: Mapped[PrimaryId]
    partner_id: Mapped[Id | None]
    tenant_id: Mapped[Id | None]
    status: Mapped[Code]
    month_start: Mapped[date]
    month_end: Mapped[date]
    totals: Mapped[Json]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    version: Mapped[int]
    open_key: Mapped[str | None] = mapped_column(String(96))


class RunPageRow(Row, Reach):
    """A page of a billing run: whose it is, how far it is, what came of it."""

    __tablename__ = "billing_run_pages"
    __table_args__ = table(
        unique("run_id", "number", code="page_taken", message="Another worker claimed this page.", race=True),
        index("run_id", "seller_id", "cutoff", "number"),
        index("run_id", "finished_at"),
    )
    partner_column = "partner_id"

    id: Mapped[PrimaryId]
    run_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("billing_runs.id"))
    number: Mapped[int]
    partner_id: Mapped[Id | None]
    seller_id: Mapped[Id]
    cutoff: Mapped[date]
    cursor: Mapped[Id | None]
    upto: Mapped[Id]
    tenants: Mapped[int]
    worker: Mapped[str] = mapped_column(String(120))
    workers: Mapped[Json]
    claimed_at: Mapped[datetime]
    leased_until: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    totals: Mapped[Json]
    version: Mapped[int]
