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


async def test_a_customer_looks_at_a_change_plans_it_and_takes_it_back(acme: Any, world: Any) -> None:
    path = f"/subscriptions/{world.subscription}"
    upgrade = {"plan_key": "mail.pro", "quantity": 2, "proration": "next_invoice"}
    seen = await acme.post(f"{path}/change-plan/preview", upgrade)
    assert [each["net_cents"] < 0 for each in seen["adjustments"]] == [True, False]
    assert (await acme.get(path))["quantity"] == 1
    planned = await acme.post(f"{path}/change-plan", {"quantity": 5, "effective": "period_end"})
    assert planned["subscription"]["pending_change"]["quantity"] == 5
    assert planned["effective_on"] == planned["subscription"]["current_period_end"]
    assert (await acme.send("DELETE", f"{path}/pending-change")).json()["pending_change"] is None
    await acme.refused("DELETE", f"{path}/pending-change", 409, "no_pending_change")
    changed = await acme.post(f"{path}/change-plan", upgrade)
    assert (changed["subscription"]["quantity"], changed["invoice_number"]) == (2, None)
    await acme.refused("POST", f"{path}/change-plan", 422, "choice_unknown", "/effective", json={"effective": "soon"})
    await acme.refused("POST", f"{path}/change-plan", 422, "nothing_to_change", json={})


async def test_an_administrator_changes_and_the_invoice_is_there(boss: Any, world: Any) -> None:
    path = f"/admin/subscriptions/{world.subscription}"
    changed = await boss.post(f"{path}/change-plan", {"quantity": 3, "proration": "immediate"})
    assert changed["invoice_number"]
    assert (await boss.get(f"/admin/invoices/{changed['invoice_id']}"))["number"] == changed["invoice_number"]
    assert (await boss.get(path))["adjustments"] == []
    await boss.post(f"{path}/change-plan/preview", {"quantity": 4})
    waiting = await boss.post(f"{path}/change-plan", {"quantity": 4, "effective": "period_end"})
    assert waiting["effective"] == "period_end"
    assert (await boss.send("DELETE", f"{path}/pending-change")).status_code == 200


async def test_dates_are_moved(boss: Any, world: Any) -> None:
    path = f"/admin/subscriptions/{world.subscription}"
    moved = (await boss.send("PUT", f"{path}/anchor", json={"anchor": "2026-01-01"})).json()
    assert moved["billing_anchor"] == "2026-01-01"
    fixed = (await boss.send("PUT", f"{path}/term", json={"ends_on": "2026-12-31"})).json()
    assert fixed["term_ends_at"] == "2026-12-30T23:00:00Z"
    assert (await boss.send("PUT", f"{path}/term", json={})).json()["term_ends_at"] is None
    paused = await boss.post(f"{path}/pause", {"until": "2026-06-01"})
    assert (paused["status"], paused["resumes_at"]) == ("suspended", "2026-05-31T22:00:00Z")
    await boss.refused("POST", f"{path}/extend-trial", 400, "not_in_trial", json={"until": "2026-06-01"})


async def test_a_trial_is_extended(boss: Any, world: Any) -> None:
    wanted = {"tenant_id": world.jones, "plan_key": "mail.taste", "term_ends_on": "2027-01-01"}
    made = await boss.post("/admin/subscriptions", wanted, status=201)
    longer = await boss.post(f"/admin/subscriptions/{made['id']}/extend-trial", {"until": "2026-03-01"})
    assert (longer["trial_ends_at"], longer["term_ends_at"]) == ("2026-02-28T23:00:00Z", "2026-12-31T23:00:00Z")


async def test_many_at_once_each_for_itself(boss: Any, world: Any) -> None:
    order = {"action": "suspend", "ids": [world.subscription, "sub_nobody"], "reason": "Unpaid."}
    done = await boss.post("/admin/subscriptions/bulk", order)
    assert done["succeeded"] == [world.subscription]
    assert [(each["id"], each["error"]) for each in done["failed"]] == [("sub_nobody", "subscription_not_found")]
    await boss.refused(
        "POST", "/admin/subscriptions/bulk", 422, "bulk_size_invalid", "/ids", json={"action": "cancel", "ids": []}
    )
