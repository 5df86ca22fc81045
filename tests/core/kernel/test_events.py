"""Events: natural keys, JSON payloads, and what changed from what to what."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import ClassVar

from attrs import evolve, frozen

from scaicontrol_core.kernel.events import Event, changed, to_json
from scaicontrol_core.kernel.period import Cadence, Period
from scaicontrol_core.testing import builders


@frozen(kw_only=True)
class DoorOpened(Event):
    """Somebody opened a door."""

    action: ClassVar[str] = "door.opened"
    resource_type: ClassVar[str] = "door"
    by: str
    angle: Decimal


def test_the_idempotency_key_names_resource_deed_and_time_in_its_life() -> None:
    event = DoorOpened(resource_id="dor_1", ordinal=3, by="Ada", angle=Decimal("90.50"))
    assert event.idempotency_key == "door:dor_1:opened:3"


def test_the_payload_holds_the_events_own_fields_only() -> None:
    event = DoorOpened(resource_id="dor_1", partner_id="prt_1", by="Ada", angle=Decimal("90.50"))
    assert event.payload() == {"by": "Ada", "angle": "90.5"}


def test_values_become_json_without_losing_anything() -> None:
    summer = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert to_json(
        {
            "day": date(2026, 1, 31),
            "instant": summer,
            "precise": datetime(2026, 1, 1, microsecond=5, tzinfo=UTC),
            "price": Decimal("1E+3"),
            "cadence": Cadence.YEARLY,
            "period": Period(date(2026, 1, 1), date(2026, 2, 1)),
            "set": frozenset({"b", "a"}),
            "none": None,
        }
    ) == {
        "day": "2026-01-31",
        "instant": "2026-07-01T10:00:00Z",
        "precise": "2026-01-01T00:00:00.000005Z",
        "price": "1000",
        "cadence": "yearly",
        "period": {"start": "2026-01-01", "end": "2026-02-01"},
        "set": ["a", "b"],
        "none": None,
    }


def test_only_what_differs_counts_as_changed() -> None:
    before = builders.plan_terms()
    after = evolve(before, base_price_cents=29900, trial_days=14)
    assert changed(before, after) == {"base_price_cents": (19900, 29900), "trial_days": (0, 14)}
    assert changed(before, after, "trial_days") == {"trial_days": (0, 14)}
    assert changed(before, before) == {}


def test_events_are_collected_once() -> None:
    tenant = builders.new_tenant()
    assert tenant.has_changed
    assert [event.action for event in tenant.collect_events()] == ["tenant.created"]
    assert tenant.collect_events() == ()
    assert not tenant.has_changed
