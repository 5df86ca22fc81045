"""Subscriptions that lived in another system go on here: nothing is billed twice, nothing announced anew."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from scaicontrol_core.kernel.errors import Forbidden
from scaicontrol_core.kernel.ids import ServiceId
from scaicontrol_core.kernel.period import Cadence, Period
from scaicontrol_core.subscriptions import SubscriptionStatus
from scaicontrol_core.subscriptions.use_cases.cancel_subscription import CancelSubscription
from scaicontrol_core.subscriptions.use_cases.import_subscriptions import ImportOrder, ImportSubscriptions
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.builders import TENANT_ID

S = SubscriptionStatus
ROW = {"tenant": TENANT_ID, "plan": "scaikey.pro", "started_on": "2024-03-31", "billed_until": "2026-01-31"}


async def take_over(shop: Any, *rows: Any, **order: Any) -> Any:
    return await shop.world.use(ImportSubscriptions)(shop.admin, ImportOrder(rows=rows, **order))


async def the_one(shop: Any, report: Any) -> Any:
    (taken,) = report.taken
    return await shop.stored(taken.subscription_id)


async def test_it_goes_on_where_the_other_system_stopped(shop: Any) -> None:
    report = await take_over(shop, ROW | {"anchor": "2024-03-31", "quantity": "2", "reference": "old-7"})
    it = await the_one(shop, report)
    assert (it.status, it.starts_on, it.quantity) == (S.ACTIVE, date(2024, 3, 31), 2)
    assert [owed.charged for owed in it.schedule.due(date(2026, 3, 31))] == [
        Period(date(2026, 1, 31), date(2026, 2, 28)),
        Period(date(2026, 2, 28), date(2026, 3, 31)),
        Period(date(2026, 3, 31), date(2026, 4, 30)),
    ]
    assert it.activated_at == datetime(2024, 3, 30, 23, tzinfo=UTC)
    assert (report.taken[0].next_billing_on, report.mrr) == (date(2026, 1, 31), {"EUR": 39800})
    assert shop.announced("subscription.activated.v1") == []
    log = [entry.action for entry in shop.world.store.audit if entry.resource_id == it.id]
    assert log == ["subscription.imported"]


async def test_days_that_are_none_of_the_anchors_are_a_period_of_their_own(shop: Any) -> None:
    it = await the_one(shop, await take_over(shop, ROW | {"anchor": "2024-01-15"}))
    first, second = list(it.schedule.due(date(2026, 2, 15)))
    assert (first.charged, first.period.days) == (Period(date(2026, 1, 31), date(2026, 2, 15)), 28)
    assert second.charged == Period(date(2026, 2, 15), date(2026, 3, 15))


async def test_who_leaves_before_the_next_bill_leaves_with_what_was_billed(shop: Any) -> None:
    it = await the_one(shop, await take_over(shop, ROW))
    assert it.current_period is not None
    assert date(2026, 1, 15) in it.current_period
    left = await shop.world.use(CancelSubscription)(shop.admin, it.id)
    assert left.pending_cancellation_at == datetime(2026, 1, 30, 23, tzinfo=UTC)
    assert left.next_billing_on is None


async def test_asked_for_each_is_announced_as_a_sale_is(shop: Any) -> None:
    it = await the_one(shop, await take_over(shop, ROW, announce=True))
    (told,) = shop.announced("subscription.activated.v1")
    assert told["subscription_id"] == it.id


async def test_the_same_file_again_changes_nothing(shop: Any) -> None:
    await take_over(shop, ROW | {"reference": "old-7"})
    before = len(shop.world.store.audit)
    again = await take_over(shop, ROW | {"reference": "old-7"})
    assert (again.created, again.taken[0].known, len(shop.world.store.audit)) == (0, True, before)
    other = await take_over(shop, ROW | {"reference": "old-8"})
    assert other.failed[0].code == "subscription_exists"


async def test_a_dry_run_says_it_all_and_writes_nothing(shop: Any) -> None:
    report = await take_over(shop, ROW, dry_run=True)
    assert (report.created, report.mrr) == (1, {"EUR": 19900})
    assert shop.world.store.tables.get("subscriptions", {}) == {}


async def test_a_trial_goes_on_as_a_trial(shop: Any) -> None:
    row = {"tenant": TENANT_ID, "plan": "scaikey.pro", "trial_ends_on": "2026-01-29", "term_ends_on": "2026-12-31"}
    it = await the_one(shop, await take_over(shop, row))
    assert (it.status, it.trial_ends_at, it.schedule) == (S.TRIALING, datetime(2026, 1, 28, 23, tzinfo=UTC), None)
    assert it.term_ends_on == date(2026, 12, 31)


async def test_several_of_a_service_are_told_apart_by_reference(shop: Any) -> None:
    several = ServiceId("svc_2")
    await shop.world.keep(builders.new_service(several, "scaisend", allows_multiple=True))
    row = ROW | {"plan": await shop.plan("pro", (several, "scaisend"))}
    report = await take_over(shop, row | {"reference": "a"}, row | {"reference": "b"}, row)
    assert report.created == 2
    assert report.failed[0].fields[0].pointer == "/reference"


@pytest.mark.parametrize(
    ("cells", "code", "pointer"),
    [
        ({"tenant": "tnt_nobody"}, "tenant_not_found", None),
        ({"tenant": ""}, None, "/tenant"),
        ({"plan": "scaikey.gold"}, "plan_not_found", None),
        ({"quantity": "many"}, None, "/quantity"),
        ({"billed_until": ""}, "row_invalid", "/billed_until"),
        ({"billed_until": "31-01-2026"}, "date_invalid", "/billed_until"),
        ({"billed_until": "2024-01-01"}, "row_invalid", "/billed_until"),
        ({"started_on": "2026-02-01", "billed_until": "2026-03-01"}, "row_invalid", "/started_on"),
        ({"trial_ends_on": "2026-02-01"}, "row_invalid", "/billed_until"),
        ({"trial_ends_on": "2026-01-01", "billed_until": "", "started_on": ""}, "row_invalid", "/trial_ends_on"),
        ({"term_ends_on": "2026-01-01"}, "term_invalid", "/term_ends_on"),
        ({"colour": "blue"}, "column_unknown", "/colour"),
    ],
)
async def test_a_bad_row_is_reported_and_leaves_nothing(
    shop: Any, cells: dict[str, str], code: str | None, pointer: str | None
) -> None:
    report = await take_over(shop, ROW | cells)
    (failed,) = report.failed
    assert code in (None, failed.code), failed
    assert pointer in (None, *(each.pointer for each in failed.fields))
    assert shop.world.store.tables.get("subscriptions", {}) == {}


async def test_what_is_charged_once_does_not_live_on(shop: Any) -> None:
    setup = await shop.plan("setup", billing_period=Cadence.ONE_TIME)
    report = await take_over(shop, ROW | {"plan": setup})
    assert report.failed[0].fields[0].pointer == "/plan"
    with pytest.raises(Forbidden):
        await shop.world.use(ImportSubscriptions)(shop.buyer, ImportOrder(rows=()))
