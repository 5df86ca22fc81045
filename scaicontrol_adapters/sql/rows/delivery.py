"""Webhook subscriptions, how their receivers fare, deliveries, and the head of the feed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from scaicontrol_adapters.sql.rows.base import (
    ID_LENGTH,
    Code,
    Id,
    Json,
    LongText,
    PlatformOnly,
    PrimaryId,
    Reach,
    Row,
    index,
    state_of,
    table,
    unique,
)
from scaicontrol_adapters.sql.rows.journal import KEY_LENGTH
from scaicontrol_core.delivery.lifecycle import DELIVERY_LIFECYCLE, WEBHOOK_LIFECYCLE

_TOPIC = String(64)
#: An aggregate's type, a colon and its id.
_ORDER_KEY = String(72)


class PartnerOrPlatform(Reach):
    """Rows of one partner, or of the platform itself: those no partner sees. Tenants see none."""

    partner_column = "partner_id"

    @declared_attr
    def partner_id(self) -> Mapped[str | None]:
        """The owner, None for the platform's own."""
        return mapped_column(String(ID_LENGTH))


class WebhookSubscriptionRow(Row, PartnerOrPlatform):
    """A wish to be told of events; of its secrets the paths alone stand here.

    ``headers`` has values that were there before such values were kept with the secrets.
    """

    __tablename__ = "webhook_subscriptions"
    __table_args__ = table(
        state_of(WEBHOOK_LIFECYCLE),
        index("status", "id"),
        index("created_at", "id"),
        index("partner_id", "created_at", "id"),
    )

    id: Mapped[PrimaryId]
    url: Mapped[str] = mapped_column(String(2048))
    topics: Mapped[Json]
    description: Mapped[str | None] = mapped_column(String(500))
    owner_email: Mapped[str | None] = mapped_column(String(254))
    only_partner_id: Mapped[Id | None]
    only_tenant_id: Mapped[Id | None]
    headers: Mapped[Json]
    max_in_flight: Mapped[int]
    ordered: Mapped[bool]
    secret_overlap_hours: Mapped[int]
    secrets: Mapped[Json]
    kept_headers: Mapped[Json | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    status: Mapped[Code]
    disabled_reason: Mapped[Code | None]
    disabled_at: Mapped[datetime | None]
    disabled_count: Mapped[int]
    owner_told_of: Mapped[int]
    version: Mapped[int]


class WebhookHealthRow(Row, PartnerOrPlatform):
    """How a subscription's receiver fares; written with every turn of luck, so apart from the subscription."""

    __tablename__ = "webhook_healths"
    __table_args__ = table()

    subscription_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    failures_in_row: Mapped[int]
    failing_since: Mapped[datetime | None]
    open_until: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    last_failure_at: Mapped[datetime | None]
    serial: Mapped[int] = mapped_column(BigInteger)


class WebhookDeliveryRow(Row, PartnerOrPlatform):
    """An event for a subscription. It outlives the subscription: the log is kept for its own time."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = table(
        state_of(DELIVERY_LIFECYCLE),
        unique(
            "subscription_id",
            "idempotency_key",
            "replay",
            code="delivery_exists",
            message="Another relay was first.",
            race=True,
        ),
        index("subscription_id", "status", "due_at", "id"),
        index("subscription_id", "order_key", "sequence"),
        index("subscription_id", "created_at", "id"),
        index("event_id"),
        index("lease_until"),
        index("status", "created_at", "id"),
        index("created_at", "id"),
        index("partner_id", "created_at", "id"),
    )

    id: Mapped[PrimaryId]
    subscription_id: Mapped[Id]
    event_id: Mapped[Id]
    topic: Mapped[str] = mapped_column(_TOPIC)
    idempotency_key: Mapped[str] = mapped_column(String(KEY_LENGTH))
    tenant_id: Mapped[Id | None]
    order_key: Mapped[str] = mapped_column(_ORDER_KEY)
    sequence: Mapped[int]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    replay: Mapped[int]
    replay_of: Mapped[Id | None]
    status: Mapped[Code]
    attempts: Mapped[int]
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_error: Mapped[Code | None]
    finished_at: Mapped[datetime | None]


class DeliveryAttemptRow(Row, PartnerOrPlatform):
    """One line of the delivery log."""

    __tablename__ = "webhook_attempts"
    __table_args__ = table(index("subscription_id", "at"))

    delivery_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("webhook_deliveries.id"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    subscription_id: Mapped[Id]
    at: Mapped[datetime]
    latency_ms: Mapped[int]
    verdict: Mapped[Code]
    status: Mapped[int | None]
    error: Mapped[Code | None]
    answer: Mapped[LongText | None]
    next_due_at: Mapped[datetime | None]


class OutboxHeadRow(Row, PlatformOnly):
    """The highest position given in the feed: one row. Relays move it by conditional update, one at a time."""

    __tablename__ = "outbox_head"
    __table_args__ = table()

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigInteger)
