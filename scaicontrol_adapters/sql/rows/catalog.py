"""Services, plans with their usage prices, and packs with their items."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol_adapters.sql.rows.base import (
    ID_LENGTH,
    Cents,
    Code,
    Currency,
    Id,
    Json,
    Name,
    PlanKey,
    PlatformOwned,
    PrimaryId,
    Row,
    Slug,
    index,
    one_of,
    table,
    unique,
)
from scaicontrol_core.catalog.pack import DiscountType
from scaicontrol_core.catalog.usage_pricing import TierMode
from scaicontrol_core.kernel.period import Cadence


class ServiceRow(Row, PlatformOwned):
    """A product; its metrics are a JSON list, which nothing ever searches."""

    __tablename__ = "services"
    __table_args__ = table(
        unique("slug", code="slug_taken", message="This slug is taken."),
        unique("app_id", code="app_id_taken", message="Another service has this app_id."),
        index("sort_order", "slug"),
        index("name", "slug"),
    )

    id: Mapped[PrimaryId]
    slug: Mapped[Slug]
    app_id: Mapped[Slug]
    name: Mapped[Name]
    description: Mapped[str] = mapped_column(Text)
    metrics: Mapped[Json]
    allows_multiple: Mapped[bool]
    is_active: Mapped[bool]
    is_public: Mapped[bool]
    sort_order: Mapped[int]
    metadata_json: Mapped[Json]
    created_at: Mapped[datetime]
    version: Mapped[int]


class PlanRow(Row, PlatformOwned):
    """One way to buy a service. ``plan_key`` is ``{service}.{plan}``, kept for looking it up."""

    __tablename__ = "plans"
    __table_args__ = table(
        unique("plan_key", code="slug_taken", message="This slug is taken."),
        one_of("billing_period", Cadence),
        index("service_id", "sort_order", "plan_key"),
        index("sort_order", "plan_key"),
        index("name", "plan_key"),
    )

    id: Mapped[PrimaryId]
    service_id: Mapped[Id] = mapped_column(ForeignKey("services.id"))
    service_slug: Mapped[Slug]
    slug: Mapped[Slug]
    plan_key: Mapped[PlanKey]
    name: Mapped[Name]
    description: Mapped[str] = mapped_column(Text)
    tier: Mapped[Slug]
    billing_period: Mapped[Code]
    base_price_cents: Mapped[Cents]
    currency: Mapped[Currency]
    features: Mapped[Json]
    quotas: Mapped[Json]
    is_active: Mapped[bool]
    is_public: Mapped[bool]
    trial_days: Mapped[int]
    cost_multiplier: Mapped[Decimal]
    sort_order: Mapped[int]
    metadata_json: Mapped[Json]
    prices: Mapped[Json | None]
    usage_prices: Mapped[Json | None]
    cost_margins: Mapped[Json | None]
    billable_rate: Mapped[Json | None]
    created_at: Mapped[datetime]
    version: Mapped[int]


class UsagePriceRow(Row, PlatformOwned):
    """One bracket of a metric's price, in the plan's order."""

    __tablename__ = "plan_usage_pricing"
    __table_args__ = table(one_of("tier_mode", TierMode))

    plan_id: Mapped[str] = mapped_column(
        String(ID_LENGTH), ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    metric: Mapped[Slug]
    tier_start: Mapped[int] = mapped_column(BigInteger)
    tier_end: Mapped[int | None] = mapped_column(BigInteger)
    unit_price_cents: Mapped[Decimal]
    unit_label: Mapped[str | None] = mapped_column(String(60))
    unit_divisor: Mapped[int] = mapped_column(BigInteger)
    tier_mode: Mapped[Code]


class UnitCostRow(Row, PlatformOwned):
    """What a metric cost us from an instant on. Append-only: another cost for the instant is another row."""

    __tablename__ = "unit_costs"
    __table_args__ = table(index("import_id"))

    service_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("services.id"), primary_key=True)
    metric: Mapped[str] = mapped_column(String(60), primary_key=True)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    valid_from: Mapped[datetime] = mapped_column(primary_key=True)
    import_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    cost_cents: Mapped[Decimal]
    unit_divisor: Mapped[int] = mapped_column(BigInteger)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(200))


class PackRow(Row, PlatformOwned):
    """Several plans sold as one line."""

    __tablename__ = "service_packs"
    __table_args__ = table(
        unique("slug", code="slug_taken", message="This slug is taken."),
        one_of("billing_period", Cadence),
        one_of("discount_type", DiscountType),
        index("sort_order", "slug"),
        index("name", "slug"),
    )

    id: Mapped[PrimaryId]
    slug: Mapped[Slug]
    name: Mapped[Name]
    description: Mapped[str] = mapped_column(Text)
    icon_url: Mapped[str | None] = mapped_column(String(500))
    billing_period: Mapped[Code]
    base_price_cents: Mapped[Cents]
    currency: Mapped[Currency]
    discount_type: Mapped[Code]
    discount_percentage: Mapped[Decimal | None]
    trial_days: Mapped[int]
    features: Mapped[Json]
    is_active: Mapped[bool]
    is_public: Mapped[bool]
    sort_order: Mapped[int]
    offers: Mapped[Json | None]
    created_at: Mapped[datetime]
    version: Mapped[int]


class PackItemRow(Row, PlatformOwned):
    """One plan in a pack. A plan in a pack can't be deleted."""

    __tablename__ = "service_pack_items"
    __table_args__ = table(index("plan_id"))

    pack_id: Mapped[str] = mapped_column(
        String(ID_LENGTH), ForeignKey("service_packs.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    service_id: Mapped[Id] = mapped_column(ForeignKey("services.id"))
    plan_id: Mapped[Id] = mapped_column(ForeignKey("plans.id"))
    plan_key: Mapped[PlanKey]
    override_price_cents: Mapped[Cents | None]
