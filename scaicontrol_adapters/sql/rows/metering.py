"""Usage: events, their keys, closings, roll-ups, distinct values."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from scaicontrol_adapters.sql.rows.base import (
    ID_LENGTH,
    Id,
    Json,
    PlatformOnly,
    Row,
    TenantScoped,
    index,
    of_tenant,
    table,
)
from scaicontrol_adapters.sql.types import Total

_Subscription = Annotated[str, mapped_column(String(ID_LENGTH), primary_key=True)]
_Metric = Annotated[str, mapped_column(String(60), primary_key=True)]
_Day = Annotated[date, mapped_column(primary_key=True)]
_Key = Annotated[str, mapped_column(String(200), primary_key=True)]
_Hash = Annotated[str, mapped_column(String(64))]


class UsageEventRow(Row, TenantScoped):
    """One event, as it came.

    On MariaDB partitioned by month of ``usage_day``: such a table can have no foreign keys,
    and no unique key without the day (errors 1506 and 1503); the keys have a table of their
    own. The order of the primary key is that of whoever reads raw events: a subscription's,
    by day and metric.
    """

    __tablename__ = "usage_events"
    __table_args__ = table()

    subscription_id: Mapped[_Subscription]
    usage_day: Mapped[_Day]
    metric: Mapped[_Metric]
    idempotency_key: Mapped[_Key]
    service_id: Mapped[Id]
    quantity: Mapped[Decimal]
    occurred_at: Mapped[datetime]
    properties: Mapped[Json | None]
    correction: Mapped[bool]
    billable_rate: Mapped[Decimal | None]
    received_at: Mapped[datetime]


class UsageEventKeyRow(Row, PlatformOnly):
    """A service's key for an event it sent: what makes a repeat count once, for 90 days."""

    __tablename__ = "usage_event_keys"
    __table_args__ = table(index("received_at"))

    service_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    idempotency_key: Mapped[_Key]
    content_hash: Mapped[_Hash]
    received_at: Mapped[datetime]


class UsageClosingRow(Row, TenantScoped):
    """Until when a subscription's usage is billed (the first day that is not); NULL before the first time.

    Ingestion holds the row shared, billing alone: no event lands in a total that was read.
    """

    __tablename__ = "usage_closings"
    __table_args__ = table(of_tenant())

    subscription_id: Mapped[_Subscription]
    closed_until: Mapped[date | None]


class _Rollup(TenantScoped):
    """The columns of all five aggregations, per subscription, metric and billable rate ('' for none).

    ``last_value`` is that of the latest event: by ``last_at``, then by ``last_key``.
    """

    @declared_attr
    def quantity_sum(self) -> Mapped[Decimal]:
        """The sum."""
        return mapped_column(Total)

    @declared_attr
    def event_count(self) -> Mapped[int]:
        """How many events."""
        return mapped_column(BigInteger)

    @declared_attr
    def quantity_max(self) -> Mapped[Decimal]:
        """The greatest."""
        return mapped_column()

    @declared_attr
    def last_value(self) -> Mapped[Decimal]:
        """The latest."""
        return mapped_column()

    @declared_attr
    def last_at(self) -> Mapped[datetime]:
        """When the latest occurred."""
        return mapped_column()

    @declared_attr
    def last_key(self) -> Mapped[str]:
        """The key of the latest."""
        return mapped_column(String(200))


class UsageHourRow(Row, _Rollup):
    """A subscription's metric in one hour (UTC)."""

    __tablename__ = "usage_rollups_hourly"
    __table_args__ = table(of_tenant(), index("tenant_id", "hour"))

    subscription_id: Mapped[_Subscription]
    metric: Mapped[_Metric]
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    rate_key: Mapped[str] = mapped_column(String(32), primary_key=True)


class UsageDayRow(Row, _Rollup):
    """A subscription's metric on one local day: what periods are summed up from."""

    __tablename__ = "usage_rollups_daily"
    __table_args__ = table(of_tenant(), index("tenant_id", "usage_day"))

    subscription_id: Mapped[_Subscription]
    metric: Mapped[_Metric]
    usage_day: Mapped[_Day]
    rate_key: Mapped[str] = mapped_column(String(32), primary_key=True)


class UsageUniqueValueRow(Row, TenantScoped):
    """A value of a property that a metric tells apart, seen on a local day."""

    __tablename__ = "usage_unique_values"
    __table_args__ = table(of_tenant())

    subscription_id: Mapped[_Subscription]
    metric: Mapped[_Metric]
    usage_day: Mapped[_Day]
    value_hash: Mapped[str] = mapped_column(String(64), primary_key=True)


class UsageNoteRow(Row, TenantScoped):
    """A note that usage of a subscription's local day has changed: what thresholds are looked for by."""

    __tablename__ = "usage_notes"
    __table_args__ = table(of_tenant(), index("noted_at"))

    subscription_id: Mapped[_Subscription]
    usage_day: Mapped[_Day]
    noted_at: Mapped[datetime]


class UsageThresholdRow(Row, TenantScoped):
    """A percentage of a metric's quota that was reached in a period: once, whoever finds out."""

    __tablename__ = "usage_thresholds"
    __table_args__ = table(of_tenant())

    subscription_id: Mapped[_Subscription]
    metric: Mapped[_Metric]
    period_start: Mapped[_Day]
    percent: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    quota: Mapped[int] = mapped_column(BigInteger)
    used: Mapped[Decimal] = mapped_column(Total)
    reached_at: Mapped[datetime]


class UsageDueDayRow(Row, TenantScoped):
    """A local day of a subscription whose usage is to be told, and from when on."""

    __tablename__ = "usage_due_days"
    __table_args__ = table(of_tenant(), index("due_at", "subscription_id", "usage_day"))

    subscription_id: Mapped[_Subscription]
    usage_day: Mapped[_Day]
    due_at: Mapped[datetime]


class UsageToldDayRow(Row, TenantScoped):
    """A metric's day that was told: once, whoever tells."""

    __tablename__ = "usage_told_days"
    __table_args__ = table(of_tenant())

    subscription_id: Mapped[_Subscription]
    usage_day: Mapped[_Day]
    metric: Mapped[_Metric]
    told_at: Mapped[datetime]
