"""Subscriptions."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol_adapters.sql.rows.base import (
    ID_LENGTH,
    Code,
    Country,
    Id,
    Json,
    PlanKey,
    PrimaryId,
    Row,
    TenantScoped,
    index,
    of_tenant,
    one_of,
    state_of,
    table,
    unique,
)
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.subscriptions.lifecycle import SUBSCRIPTION_LIFECYCLE


class SubscriptionRow(Row, TenantScoped):
    """A subscription with its billing schedule.

    Three columns are derived on every write, so that what the database must keep unique or
    find quickly has a column of its own: ``exclusive_key`` (one live subscription a tenant
    and service; NULL where it does not count), ``next_billing_on`` (the day the next charge
    falls due) and ``ripe_at`` (when the reaper has something to do with it). Plan and
    service are no foreign keys: a past subscription outlives its plan.
    """

    __tablename__ = "subscriptions"
    __table_args__ = table(
        of_tenant(),
        unique("exclusive_key", code="subscription_exists", message="The tenant has a live subscription already."),
        state_of(SUBSCRIPTION_LIFECYCLE),
        one_of("schedule_cadence", Cadence),
        # The billing run walks tenants in order and reads nothing but this index to find the due ones.
        index("tenant_id", "partner_id", "next_billing_on"),
        index("tenant_id", "service_id", "status"),
        index("plan_id", "status"),
        index("pack_subscription_id"),
        index("ripe_at", "id"),
        index("created_at", "id"),
        index("status", "id"),
        index("tenant_id", "created_at", "id"),
        index("partner_id", "created_at", "id"),
    )

    id: Mapped[PrimaryId]
    service_id: Mapped[Id]
    plan_id: Mapped[Id]
    plan_key: Mapped[PlanKey]
    status: Mapped[Code]
    quantity: Mapped[int]
    exclusive: Mapped[bool]
    starts_on: Mapped[date]
    schedule_anchor: Mapped[date | None]
    schedule_cadence: Mapped[Code | None]
    schedule_anchor_ordinal: Mapped[int | None]
    schedule_next_ordinal: Mapped[int | None]
    schedule_until: Mapped[date | None]
    schedule_pauses: Mapped[Json | None]
    schedule_offset: Mapped[int | None]
    schedule_earlier: Mapped[Json | None]
    current_period_start: Mapped[date | None]
    current_period_end: Mapped[date | None]
    trial_ends_at: Mapped[datetime | None]
    pending_cancellation_at: Mapped[datetime | None]
    past_due_since: Mapped[datetime | None]
    activated_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancellation_reason: Mapped[str | None] = mapped_column(String(500))
    suspension_reason: Mapped[str | None] = mapped_column(String(500))
    term_ends_at: Mapped[datetime | None]
    term_ends_on: Mapped[date | None]
    resumes_at: Mapped[datetime | None]
    accruing: Mapped[Json | None]
    trial_notice: Mapped[int | None]
    terms_by_period: Mapped[Json | None]
    pending_change: Mapped[Json | None]
    adjustments: Mapped[Json | None]
    adjustment_count: Mapped[int | None]
    owed_usage: Mapped[Json | None]
    pack_subscription_id: Mapped[Id | None]
    billable_rate: Mapped[Json | None]
    metadata_json: Mapped[Json]
    created_at: Mapped[datetime]
    version: Mapped[int]
    exclusive_key: Mapped[str | None] = mapped_column(String(2 * ID_LENGTH + 1))
    next_billing_on: Mapped[date | None]
    ripe_at: Mapped[datetime | None]


class SubscriptionMrrRow(Row, TenantScoped):
    """What a subscription, plain or to a pack, was after a change: the source of recurring revenue.

    A trigger refuses every change of a row. ``recurrence`` holds the calendar, the plans and
    the quantities; ``day`` is the seller's local day from which it counts.
    """

    __tablename__ = "subscription_mrr"
    __table_args__ = table(of_tenant(), index("seller_id", "tenant_id", "day"), index("tenant_id", "day"))

    subscription_id: Mapped[PrimaryId]
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seller_id: Mapped[Id]
    country: Mapped[Country | None]
    day: Mapped[date]
    recorded_at: Mapped[datetime]
    recurrence: Mapped[Json]
