"""Subscriptions to packs."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol_adapters.sql.rows.base import (
    Cents,
    Code,
    Currency,
    Id,
    Json,
    PrimaryId,
    Row,
    Slug,
    TenantScoped,
    index,
    of_tenant,
    one_of,
    state_of,
    table,
)
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.subscriptions.lifecycle import PACK_SUBSCRIPTION_LIFECYCLE


class PackSubscriptionRow(Row, TenantScoped):
    """A subscription to a pack with its billing schedule; its children are ``subscriptions``.

    ``next_billing_on`` and ``ripe_at`` are derived on every write. The pack is no foreign key:
    a past subscription outlives it.
    """

    __tablename__ = "pack_subscriptions"
    __table_args__ = table(
        of_tenant(),
        state_of(PACK_SUBSCRIPTION_LIFECYCLE),
        one_of("cadence", Cadence),
        index("tenant_id", "partner_id", "next_billing_on"),
        index("ripe_at", "id"),
        index("created_at", "id"),
        index("status", "id"),
        index("tenant_id", "created_at", "id"),
        index("partner_id", "created_at", "id"),
    )

    id: Mapped[PrimaryId]
    pack_id: Mapped[Id]
    pack_slug: Mapped[Slug]
    cadence: Mapped[Code]
    currency: Mapped[Currency]
    price_cents: Mapped[Cents]
    members: Mapped[Json]
    status: Mapped[Code]
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
    renews_at: Mapped[datetime | None]
    pending_cancellation_at: Mapped[datetime | None]
    past_due_since: Mapped[datetime | None]
    activated_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancellation_reason: Mapped[str | None] = mapped_column(String(500))
    suspension_reason: Mapped[str | None] = mapped_column(String(500))
    departed: Mapped[Json]
    awaited_usage: Mapped[Json | None]
    created_at: Mapped[datetime]
    version: Mapped[int]
    next_billing_on: Mapped[date | None]
    ripe_at: Mapped[datetime | None]
