"""The catalogue over HTTP: what anyone sees, and what its editors see and change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

PLAN = {
    "slug": "plus",
    "name": "Plus",
    "tier": "pro",
    "billing_period": "yearly",
    "base_price_cents": 120000,
    "currency": "EUR",
    "cost_multiplier": "1.35",
    "usage_pricing": [
        {"metric": "messages", "tier_start": 0, "tier_end": 1000, "unit_price_cents": 0},
        {"metric": "messages", "tier_start": 1000, "unit_price_cents": "0.25", "unit_divisor": 10},
    ],
}
PLANS = "/admin/registry/services/mail/plans"


async def test_anyone_sees_what_is_on_offer_and_nothing_else(anybody: Any, world: Any) -> None:
    services = await anybody.get("/catalog/services")
    assert {item["slug"] for item in services["items"]} == {"mail", "keys"}
    plans = await anybody.get("/catalog/services/mail/plans")
    assert {item["slug"] for item in plans["items"]} == {"basic", "pro", "taste"}
    assert (await anybody.get("/catalog/services/mail"))["name"] == "Mail"
    for path in ("/catalog/services/hidden", "/catalog/services/hidden/plans", "/catalog/services/nothing"):
        await anybody.refused("GET", path, 404, "service_not_found")


async def test_the_public_catalogue_tells_nobody_our_mark_up(anybody: Any, world: Any) -> None:
    answer = await anybody.send("GET", "/catalog/services/mail/plans")
    assert "1.35" not in answer.text
    assert not {"cost_multiplier", "metadata"} & answer.json()["items"][0].keys()


async def test_packs_are_priced_at_todays_plans(anybody: Any, world: Any) -> None:
    (pack,) = (await anybody.get("/catalog/packs"))["items"]
    assert pack["price_cents"] == 6750
    assert [item["plan_key"] for item in pack["items"]] == ["mail.pro", "keys.pro"]


async def test_a_stale_token_does_not_close_the_shop(client: Any, world: Any) -> None:
    answer = await client.get("/api/v1/catalog/services", headers={"Authorization": "Bearer long.gone.token"})
    assert answer.status_code == 200


async def test_editors_see_everything_with_its_plans(boss: Any, world: Any) -> None:
    plain = await boss.get("/admin/registry/services")
    assert {item["slug"] for item in plain["items"]} == {"mail", "keys", "hidden"}
    assert all(item["plans"] is None for item in plain["items"])
    expanded = await boss.get("/admin/registry/services", expand="plans")
    plans = {item["slug"]: {plan["slug"] for plan in item["plans"]} for item in expanded["items"]}
    assert plans["mail"] == {"basic", "pro", "secret", "taste"}
    await boss.refused("GET", "/admin/registry/services?expand=everything", 422, "invalid_query", "/expand")


async def test_a_plan_is_added_changed_and_deleted(boss: Any, anybody: Any, world: Any) -> None:
    made = await boss.send("POST", PLANS, json=PLAN)
    assert made.status_code == 201, made.text
    assert made.json()["mrr_cents"] == 10000
    assert made.json()["usage_pricing"][1]["unit_price_cents"] == "0.25"
    await boss.refused("POST", PLANS, 409, "slug_taken", json=PLAN)
    dearer = PLAN | {"base_price_cents": 240000}
    changed = await boss.put(PLANS, dearer, headers={"If-Match": made.headers["etag"]})
    assert changed["mrr_cents"] == 20000
    await boss.refused("PUT", PLANS, 412, "stale_version", json=PLAN, headers={"If-Match": made.headers["etag"]})
    by_path = {name: value for name, value in PLAN.items() if name != "slug"}
    assert (await boss.put(f"{PLANS}/plus", by_path))["mrr_cents"] == 10000
    gone = await boss.send("DELETE", f"{PLANS}/plus")
    assert gone.status_code == 204
    assert "plus" not in {item["slug"] for item in (await anybody.get("/catalog/services/mail/plans"))["items"]}


async def test_a_plan_somebody_is_on_stays(boss: Any, world: Any) -> None:
    problem = await boss.refused("DELETE", f"{PLANS}/pro", 409, "plan_in_use")
    assert problem["hint"]


async def test_a_deactivated_plan_is_off_the_shelf_and_what_runs_on_it_goes_on(
    boss: Any, acme: Any, anybody: Any, world: Any, rows: Callable[[], Awaitable[Mapping[str, int]]]
) -> None:
    sold = await acme.get("/subscriptions")
    assert sold["items"][0]["plan_key"] == "mail.pro"
    off = await boss.send("POST", f"{PLANS}/pro/deactivate")
    assert off.status_code == 200, off.text
    assert (off.json()["is_active"], off.json()["is_public"]) == (False, False)
    assert "pro" not in {item["slug"] for item in (await anybody.get("/catalog/services/mail/plans"))["items"]}
    assert await acme.get("/subscriptions") == sold
    before = await rows()
    again = await boss.send("POST", f"{PLANS}/pro/deactivate")
    assert (again.json(), again.headers["etag"]) == (off.json(), off.headers["etag"])
    assert await rows() == before
    await boss.refused("POST", f"{PLANS}/nothing/deactivate", 404, "plan_not_found")


async def test_every_wrong_bracket_is_named(
    boss: Any, world: Any, rows: Callable[[], Awaitable[Mapping[str, int]]]
) -> None:
    before = await rows()
    brackets = [
        {"metric": "messages", "tier_start": 5, "tier_end": 1, "unit_price_cents": 1},
        {"metric": "messages", "tier_start": 5, "unit_price_cents": "cheap"},
    ]
    problem = await boss.refused("POST", PLANS, 422, "invalid", json=PLAN | {"usage_pricing": brackets})
    assert {each["pointer"] for each in problem["errors"]} == {
        "/usage_pricing/0/tier_end",
        "/usage_pricing/1/unit_price_cents",
    }
    unknown = [{"metric": "smiles", "unit_price_cents": 1}]
    await boss.refused("POST", PLANS, 422, "metric_unknown", json=PLAN | {"usage_pricing": unknown})
    await boss.refused("POST", PLANS, 422, "choice_unknown", "/billing_period", json=PLAN | {"billing_period": "often"})
    await boss.refused("POST", "/admin/registry/services/no/plans", 404, "service_not_found", json=PLAN)
    assert await rows() == before


async def test_only_the_platform_edits_the_catalogue(reseller: Any, acme: Any, world: Any) -> None:
    for caller in (reseller, acme):
        await caller.refused("POST", PLANS, 403, "forbidden", json=PLAN)
        await caller.refused("DELETE", f"{PLANS}/basic", 403, "forbidden")
        await caller.refused("POST", f"{PLANS}/basic/deactivate", 403, "forbidden")


async def test_unit_costs_make_the_rates_of_cost_based_plans(boss: Any, world: Any) -> None:
    path = "/admin/plans/refresh-costs"
    terms = PLAN | {"usage_pricing": [], "cost_margins": {"messages": "0.5"}, "cost_multiplier": "1"}
    made = await boss.post(PLANS, terms, status=201)
    assert (made["cost_margins"], made["billable_rate"]) == ({"messages": "0.5"}, {})
    sale = {"tenant_id": world.acme, "plan_key": made["plan_key"]}
    await boss.refused("POST", "/admin/subscriptions", 422, "plan_without_rate", "/plan_key", json=sale)
    cost = {"service": "mail", "metric": "messages", "cost_cents": "0.02", "currency": "EUR"}
    change = {"plan_key": made["plan_key"], "metric": "messages", "before": None, "after": "0.03"}
    preview = await boss.post(path, {"unit_costs": [cost], "dry_run": True})
    assert (preview["plans"], preview["recorded"], preview["dry_run"]) == ([change], 1, True)
    assert (await boss.post(path, {"unit_costs": [cost]})) == preview | {"dry_run": False}
    assert (await boss.post(path, {})) == preview | {"dry_run": False, "plans": [], "recorded": 0}
    pointer = "/unit_costs/0/metric"
    await boss.refused("POST", path, 422, "metric_unknown", pointer, json={"unit_costs": [cost | {"metric": "faxes"}]})


async def test_nobody_else_says_what_things_cost_us(reseller: Any, anybody: Any, world: Any) -> None:
    for somebody, status in ((reseller, 403), (anybody, 401)):
        answer = await somebody.send("POST", "/admin/plans/refresh-costs", json={})
        assert answer.status_code == status


async def test_the_public_catalogue_tells_nobody_our_margin(anybody: Any, boss: Any, world: Any) -> None:
    await boss.post(PLANS, PLAN | {"usage_pricing": [], "cost_margins": {"messages": "0.77"}}, status=201)
    answer = await anybody.send("GET", "/catalog/services/mail/plans")
    assert "0.77" not in answer.text
