"""Exchange rates."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol_adapters.sql.rows.base import PlatformOwned, Row, index, table


class ExchangeRateRow(Row, PlatformOwned):
    """What one euro was worth on a day, by one publication: the primary key says once. Append-only."""

    __tablename__ = "exchange_rates"
    __table_args__ = table(index("day", "currency"), index("currency", "day"))

    source: Mapped[str] = mapped_column(String(16), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    rate: Mapped[Decimal]
    import_id: Mapped[str] = mapped_column(String(36))
    imported_at: Mapped[datetime]
