"""Parts of inputs that have parts themselves, as HTTP has them, with what an assistant must know of each field."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta

from scaicontrol_http.billing.credit_note_schemas import LineCreditBody
from scaicontrol_http.billing.schemas import LineBody
from scaicontrol_http.catalog.costs import UnitCostBody
from scaicontrol_http.catalog.packs import PackItemBody
from scaicontrol_http.catalog.schemas import UsageTierBody

_DECIMAL = Meta(description="An exact decimal; as text if it has a fraction.", examples=["12.5"])
Exact = Annotated[str, Meta(max_length=40)] | int


class UsageTier(UsageTierBody):
    """One bracket of a metric's price of use."""

    metric: Annotated[str, Meta(max_length=100, description="Slug of the metric.", examples=["api_calls"])]
    tier_start: Annotated[int, Meta(description="First unit of the bracket, from 0.")] = 0
    tier_end: Annotated[int, Meta(description="Where the next bracket begins; null: it has no end.")] | None = None
    unit_price_cents: Annotated[Exact, Meta(description="Cents for unit_divisor units: an exact decimal.")]
    unit_label: Annotated[str, Meta(max_length=50, description="What a unit is called.", examples=["call"])] | None = (
        None
    )
    unit_divisor: Annotated[int, Meta(description="Units that the price is for.", examples=[1000])] = 1
    tier_mode: Annotated[
        str, Meta(max_length=20, description="graduated (each bracket its own price) or volume (one price for all).")
    ] = "graduated"


class UnitCost(UnitCostBody):
    """What units of a metric cost us."""

    service: Annotated[str, Meta(max_length=100, description="Slug of the service.")]
    metric: Annotated[str, Meta(max_length=100, description="Slug of the metric.")]
    cost_cents: Annotated[Exact, Meta(description="Cents for unit_divisor units: an exact decimal.")]
    currency: Annotated[str, Meta(max_length=3, description="ISO 4217 code.", examples=["EUR"])]
    unit_divisor: Annotated[int, Meta(description="Units that the cost is for.")] = 1
    valid_from: Annotated[str, Meta(max_length=40, description="RFC 3339; null: from now on.")] | None = None


class PackItem(PackItemBody):
    """A plan in a pack."""

    plan: Annotated[str, Meta(max_length=200, description="Key of the plan.", examples=["scaidrive.team"])]
    override_price_cents: (
        Annotated[int, Meta(description="Cents that count instead of the plan's own price.")] | None
    ) = None


class Line(LineBody):
    """A line of a draft."""

    description: Annotated[str, Meta(max_length=2000, description="What is charged.", examples=["Workshop, one day"])]
    unit_price_cents: Annotated[Exact, Meta(description="Cents for price_divisor units: an exact decimal.")]
    quantity: Annotated[Exact, Meta(description="How many: an exact decimal.", examples=["1"])] = "1"
    price_divisor: Annotated[int, Meta(description="Units that the price is for.")] = 1
    unit_code: Annotated[str, Meta(max_length=3, description="UN/ECE rec 20: C62 piece, HUR hour, MON month.")] = "C62"
    period_start: Annotated[date, Meta(description="First day of the period it charges.")] | None = None
    period_end: Annotated[date, Meta(description="The day after that period.")] | None = None
    supply_date: Annotated[date, Meta(description="Day of supply, if there is no period.")] | None = None


class LineCredit(LineCreditBody):
    """What to take back of one line, named by id or position; without a figure, all that is left."""

    line_id: Annotated[str, Meta(max_length=64, description="Id of the line.")] | None = None
    position: Annotated[int, Meta(description="Or its place: 1 is the first.")] | None = None
    net_cents: Annotated[int, Meta(description="Net cents to take back, with the line's own sign.")] | None = None
    quantity: Annotated[Exact, Meta(description="Or how many of it, with the line's own sign.")] | None = None
