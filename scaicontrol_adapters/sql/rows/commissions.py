"""Commission statements of partners, and their entries."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol_adapters.sql.rows.base import (
    ID_LENGTH,
    Cents,
    Code,
    Currency,
    Id,
    Json,
    Name,
    PartnerScoped,
    PrimaryId,
    Row,
    index,
    one_of,
    table,
    unique,
)
from scaicontrol_core.billing.commissions.entry import EntryKind
from scaicontrol_core.tenancy.seller import BillingModel


class CommissionStatementRow(Row, PartnerScoped):
    """A closed statement: one partner, month and currency. A trigger refuses all changes but of what settles it."""

    __tablename__ = "commission_statements"
    __table_args__ = table(
        unique("partner_id", "month", "currency", code="commission_closed", message="The month is closed.", race=True),
        one_of("billing_model", BillingModel),
        index("partner_id", "month", "id"),
        index("settled_by"),
    )

    id: Mapped[PrimaryId]
    month: Mapped[date]
    currency: Mapped[Currency]
    billing_model: Mapped[Code]
    operator: Mapped[Json]
    partner: Mapped[Json]
    net_cents: Mapped[Cents]
    commission_cents: Mapped[Cents]
    entry_count: Mapped[int]
    closed_at: Mapped[datetime]
    settled_by: Mapped[Id | None] = mapped_column(ForeignKey("invoices.id"))
    version: Mapped[int]


class CommissionEntryRow(Row, PartnerScoped):
    """A document on a statement, once and for ever: the primary key says so. Append-only."""

    __tablename__ = "commission_entries"
    __table_args__ = table(one_of("kind", EntryKind), index("statement_id", "position"), index("partner_id"))

    invoice_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("invoices.id"), primary_key=True)
    kind: Mapped[Code] = mapped_column(primary_key=True)
    statement_id: Mapped[Id] = mapped_column(ForeignKey("commission_statements.id"))
    position: Mapped[int]
    day: Mapped[date]
    number: Mapped[str] = mapped_column(String(64))
    issue_date: Mapped[date]
    customer: Mapped[Name]
    net_cents: Mapped[Cents]
    rate_bp: Mapped[int]
    commission_cents: Mapped[Cents] = mapped_column(BigInteger)
