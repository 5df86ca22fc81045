"""Subscriptions over HTTP, by administrators and by customers themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Rows = Callable[[], Awaitable[Mapping[str, int]]]


async def test_a_customer_subscribes_cancels_and_thinks_again(acme: Any, world: Any) -> None:
    made = await acme.post("/subscriptions", {"plan_key": "keys.pro", "quantity": 3}, status=201)
    assert (made["status"], made["quantity"], made["tenant_id"]) == ("active", 3, world.acme)
    path = f"/subscriptions/{made['id']}"
    leaving = await acme.post(f"{path}/cancel", {"reason": "Too many keys."})
    assert (leaving["status"], leaving["cancellation_reason"]) == ("cancelling", "Too many keys.")
    staying = await acme.post(f"{path}/resume")
    assert (staying["status"], staying["pending_cancellation_at"]) == ("active", None)
    gone = await acme.post(f"{path}/cancel", {"immediate": True})
    assert gone["status"] == "cancelled"
    assert gone["allowed_moves"] == []
    await acme.refused("POST", f"{path}/resume", 400, "invalid_transition")


async def test_a_body_may_be_left_out_where_everything_in_it_may(acme: Any, world: Any) -> None:
    assert (await acme.post(f"/subscriptions/{world.subscription}/cancel"))["status"] == "cancelling"


async def test_a_first_trial_comes_first(acme: Any, boss: Any, world: Any) -> None:
    await acme.post(f"/subscriptions/{world.subscription}/cancel", {"immediate": True})
    tasting = await acme.post("/subscriptions", {"plan_key": "mail.taste"}, status=201)
    assert tasting["status"] == "trialing"
    assert tasting["trial_ends_at"] == "2026-01-28T23:00:00Z"


async def test_an_administrator_dates_back_suspends_resumes_and_overrides(boss: Any, world: Any) -> None:
    wanted = {"tenant_id": world.jones, "plan_key": "mail.basic", "start_date": "2025-12-31", "metadata": {"po": "7"}}
    made = await boss.post("/admin/subscriptions", wanted, status=201)
    assert (made["starts_on"], made["metadata"]) == ("2025-12-31", {"po": "7"})
    path = f"/admin/subscriptions/{made['id']}"
    assert (await boss.post(f"{path}/suspend", {"reason": "Unpaid."}))["suspension_reason"] == "Unpaid."
    assert (await boss.post(f"{path}/resume"))["status"] == "active"
    assert (await boss.post(f"{path}/override", {"plan_key": "mail.pro"}))["plan_key"] == "mail.pro"
    assert (await boss.post(f"{path}/override", {"status": "past_due"}))["status"] == "past_due"
    await boss.refused("POST", f"{path}/override", 400, "invalid_transition", json={"status": "trialing"})
    await boss.refused("POST", f"{path}/override", 422, "nothing_to_override", json={})
    history = await boss.get(f"{path}/history", limit=2)
    assert history["total"] >= 5
    assert history["items"][0]["user_id"] == "dev:super_admin"
    assert history["items"][0]["request_id"]


async def test_lists_are_narrowed_and_sorted(boss: Any, acme: Any, world: Any) -> None:
    every = await boss.get("/admin/subscriptions", sort="created_at")
    assert [item["id"] for item in every["items"]] == [world.subscription, world.their_subscription]
    theirs = await boss.get("/admin/subscriptions", tenant_id=world.theirs)
    assert [item["id"] for item in theirs["items"]] == [world.their_subscription]
    assert (await boss.get("/admin/subscriptions", status="suspended"))["items"] == []
    assert [item["id"] for item in (await acme.get("/subscriptions"))["items"]] == [world.subscription]
    await boss.refused("GET", "/admin/subscriptions?status=asleep", 422, "choice_unknown", "/status")
    await boss.refused("GET", "/admin/subscriptions?sort=luck", 422, "sort_unknown", "/sort")


async def test_what_cannot_be_sold_is_refused_and_nothing_is_written(
    boss: Any, acme: Any, world: Any, rows: Rows
) -> None:
    before = await rows()
    ask = {"tenant_id": world.jones, "plan_key": "mail.pro"}
    sell = "/admin/subscriptions"
    await boss.refused("POST", sell, 404, "plan_not_found", json=ask | {"plan_key": "mail.gold"})
    await boss.refused("POST", sell, 404, "tenant_not_found", json=ask | {"tenant_id": "tnt_nobody"})
    await boss.refused("POST", sell, 409, "billing_profile_required", json=ask | {"tenant_id": world.bare})
    await boss.refused("POST", sell, 409, "subscription_exists", json=ask | {"tenant_id": world.acme})
    await boss.refused("POST", sell, 422, "start_date_invalid", "/start_date", json=ask | {"start_date": "2026-02-01"})
    await boss.refused("POST", sell, 422, "number_invalid", "/quantity", json=ask | {"quantity": 0})
    await acme.refused("POST", "/subscriptions", 422, "plan_unavailable", "/plan_key", json={"plan_key": "hidden.pro"})
    assert await rows() == before


async def test_customers_do_not_do_what_administrators_do(acme: Any, world: Any, rows: Rows) -> None:
    before = await rows()
    path = f"/admin/subscriptions/{world.subscription}"
    await acme.refused("POST", f"{path}/suspend", 403, "forbidden", json={})
    await acme.refused("POST", f"{path}/override", 403, "forbidden", json={"plan_key": "mail.basic"})
    await acme.refused("GET", f"{path}/history", 403, "forbidden")
    assert await rows() == before


async def test_own_routes_are_for_those_who_have_something_of_their_own(boss: Any, reseller: Any, world: Any) -> None:
    for caller in (boss, reseller):
        await caller.refused("GET", "/subscriptions", 404, "tenant_not_found")
        await caller.refused("GET", f"/subscriptions/{world.their_subscription}", 404, "tenant_not_found")
        await caller.refused("POST", "/subscriptions", 404, "tenant_not_found", json={"plan_key": "mail.pro"})
