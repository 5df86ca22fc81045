"""The ledger of what is billed to partners."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol_adapters.sql.rows.base import (
    ID_LENGTH,
    Cents,
    Code,
    Currency,
    Id,
    PartnerScoped,
    Row,
    index,
    one_of,
    table,
)
from scaicontrol_core.billing.ledger import ChargeKind


class WholesaleChargeRow(Row, PartnerScoped):
    """A period of a partner's customer, billed to the partner once: the primary key says so. Append-only."""

    __tablename__ = "wholesale_charges"
    __table_args__ = table(one_of("charge_kind", ChargeKind), index("invoice_id", "position"), index("partner_id"))

    subscription_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    charge_kind: Mapped[Code] = mapped_column(primary_key=True)
    invoice_id: Mapped[Id] = mapped_column(ForeignKey("invoices.id"))
    position: Mapped[int]
    list_cents: Mapped[Cents]
    discount_bp: Mapped[int]
    net_cents: Mapped[Cents]
    currency: Mapped[Currency]
