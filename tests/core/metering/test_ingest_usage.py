"""What services report: whose it is, which subscription it counts for, whether it comes in time."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.kernel.errors import Forbidden
from scaicontrol_core.kernel.scope import Scope
from scaicontrol_core.metering import Reason
from scaicontrol_core.metering.errors import BatchTooLarge
from scaicontrol_core.metering.outcome import EXPLANATIONS, Tally, rejected
from scaicontrol_core.metering.use_cases.ingest_usage import MAX_BATCH, IngestUsage, UsageBatch
from scaicontrol_core.subscriptions.use_cases.cancel_subscription import CancelSubscription
from scaicontrol_core.testing.builders import OPERATOR_ID, SERVICE_ID, TENANT_ID


async def test_an_event_counts_for_the_tenants_subscription_on_the_sellers_day(meter: Any, subscription: Any) -> None:
    meter.world.clock.advance(days=1)
    assert await meter.verdict(occurred_at="2026-01-15T23:30:00Z", quantity="1.500") == "accepted"
    (event,) = meter.kept()
    assert (event.subscription_id, event.service_id) == (subscription.id, SERVICE_ID)
    assert (event.usage_day, event.quantity) == (date(2026, 1, 16), Decimal("1.5"))
    assert event.received_at == meter.world.clock.now()


async def test_a_repeat_counts_once_however_it_is_written(meter: Any, subscription: Any) -> None:
    assert await meter.verdict(quantity="1.50") == "accepted"
    assert await meter.verdict(quantity=Decimal("1.5"), occurred_at="2026-01-15T14:30:00+05:30") == "duplicate"
    assert await meter.verdict(quantity="1.51") == "key_conflict"
    assert await meter.verdict(quantity="1.50", properties={"path": "/"}) == "key_conflict"
    assert await meter.verdict(key="k-2", quantity="1.51") == "accepted"
    assert sum(event.quantity for event in meter.kept()) == Decimal("3.01")


async def test_repeats_within_a_batch_count_once(meter: Any, subscription: Any, called: Any) -> None:
    outcomes = await meter.report(called(), called(), called(quantity="51"), called("k-2"))
    assert [(each.status.value, each.reason) for each in outcomes] == [
        ("accepted", None),
        ("duplicate", None),
        ("rejected", Reason.KEY_CONFLICT),
        ("accepted", None),
    ]


async def test_a_repeat_is_known_even_when_the_event_would_come_too_late(meter: Any, subscription: Any) -> None:
    assert await meter.verdict() == "accepted"
    meter.world.clock.advance(days=60)
    await meter.close(subscription, date(2026, 3, 15))
    assert await meter.verdict() == "duplicate"


async def test_each_event_is_answered_in_order_and_a_bad_one_sinks_no_other(
    meter: Any, subscription: Any, called: Any
) -> None:
    batch = ["nonsense", called("a"), called("b", quantity="x"), called("c", metric="sheep"), called("d")]
    outcomes = await meter.report(*batch)
    assert [each.idempotency_key for each in outcomes] == [None, "a", "b", "c", "d"]
    assert [each.reason for each in outcomes] == [
        Reason.MALFORMED,
        None,
        Reason.QUANTITY_INVALID,
        Reason.UNKNOWN_METRIC,
        None,
    ]
    tally = Tally.of(outcomes).plus(Tally.of(outcomes))
    assert (tally.total, tally.accepted, tally.duplicates) == (10, 4, 0)
    assert tally.rejected[Reason.MALFORMED] == 2


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"tenant_id": "tnt_nobody"}, "unknown_tenant"),
        ({"tenant_id": "tnt_idle"}, "no_subscription"),
        ({"occurred_at": "2026-01-14T22:59:59Z"}, "no_subscription"),
        ({"subscription_id": "sub_nobody"}, "unknown_subscription"),
        ({"metric": "secrets"}, "unknown_metric"),
        ({"service": "scaivault", "metric": "secrets"}, "not_your_service"),
        ({"service": "scaimagic"}, "unknown_service"),
        ({"occurred_at": "2026-01-15T09:35:01Z"}, "in_the_future"),
        ({"occurred_at": "2026-01-15T09:35:00Z"}, "accepted"),
        ({"quantity": "-1"}, "negative_quantity"),
        ({"quantity": "-1", "correction": True}, "accepted"),
        ({"metric": "users", "properties": {"user_id": "u1"}}, "accepted"),
        ({"metric": "users", "properties": {"user": "u1"}}, "property_missing"),
        ({"metric": "users", "properties": {"user_id": None}}, "property_missing"),
    ],
)
async def test_what_does_not_count_is_told_why(meter: Any, subscription: Any, event: Any, reason: str) -> None:
    assert await meter.verdict(**event) == reason
    assert len(meter.kept()) == (1 if reason == "accepted" else 0)


async def test_late_events_land_in_their_period_until_the_grace_is_over(meter: Any, subscription: Any) -> None:
    """The period ends with 14 February in Amsterdam; three days later nothing comes in any more."""
    meter.world.clock.advance(days=33, hours=13, minutes=29)
    assert await meter.verdict(key="in time") == "accepted"
    meter.world.clock.advance(minutes=1)
    assert await meter.verdict(key="too late") == "too_late"
    assert await meter.verdict(key="too late", actor=meter.admin, backfill=True) == "accepted"


async def test_what_was_billed_is_closed_also_to_a_backfill(meter: Any, subscription: Any) -> None:
    meter.world.clock.advance(days=40)
    await meter.close(subscription, date(2026, 2, 15))
    await meter.close(subscription, date(2026, 1, 20))
    billed = {"actor": meter.admin, "backfill": True}
    assert await meter.verdict(**billed) == "period_billed"
    assert await meter.verdict(key="k-2", occurred_at="2026-02-14T23:00:00Z", **billed) == "accepted"


async def test_usage_ends_with_the_subscription_and_goes_on_with_the_next(meter: Any, subscription: Any) -> None:
    meter.world.clock.advance(hours=1)
    await meter.world.use(CancelSubscription)(meter.admin, subscription.id, immediate=True)
    meter.world.clock.advance(hours=1)
    assert await meter.verdict(key="before", occurred_at="2026-01-15T10:29:59Z") == "accepted"
    assert await meter.verdict(key="after", occurred_at="2026-01-15T10:30:00Z") == "no_subscription"
    following = await meter.subscribe()
    assert await meter.verdict(key="after", occurred_at="2026-01-15T11:00:00Z") == "accepted"
    assert meter.kept()[-1].subscription_id == following.id


async def test_tenants_can_be_named_by_the_operators_references(meter: Any, subscription: Any, called: Any) -> None:
    event = {name: value for name, value in called().items() if name != "tenant_id"}
    batch = {"actor": meter.admin, "by_reference": True, "partner_id": OPERATOR_ID}
    outcomes = await meter.report(event | {"tenant": "t001"}, event | {"tenant": "t999"}, **batch)
    assert [each.reason for each in outcomes] == [None, Reason.UNKNOWN_TENANT]


async def test_a_service_reports_its_own_usage_and_nobody_elses(meter: Any, subscription: Any) -> None:
    nobody = Actor.tenant_user("tom", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN)
    for actor in (nobody, Actor.partner_admin("rita", OPERATOR_ID)):
        with pytest.raises(Forbidden):
            await meter.verdict(actor=actor)
    with pytest.raises(Forbidden):
        await meter.verdict(backfill=True)


async def test_a_token_of_no_known_service_reports_nothing(meter: Any, subscription: Any) -> None:
    with pytest.raises(Forbidden) as refused:
        await meter.verdict(actor=evolve(meter.service, scope=Scope.service("scaimagic")))
    assert refused.value.code == "service_unknown"


def test_a_batch_has_its_limit() -> None:
    with pytest.raises(BatchTooLarge):
        UsageBatch(reports=[rejected(None, Reason.MALFORMED)] * (MAX_BATCH + 1))
    assert len(UsageBatch(reports=[rejected(None, Reason.MALFORMED)] * MAX_BATCH).reports) == MAX_BATCH


def test_every_reason_is_explained() -> None:
    assert set(EXPLANATIONS) == set(Reason)
    assert IngestUsage.__doc__
