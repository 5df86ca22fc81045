"""Packs over HTTP: sold as one, shown as one, and moved as one."""

from __future__ import annotations

from typing import Any

PACKS = "/admin/packs/subscriptions"


async def test_a_pack_is_sold_suspended_and_ended_with_all_it_includes(boss: Any, world: Any) -> None:
    sold = await boss.post("/admin/packs/office/subscribe", {"tenant_id": world.jones}, status=201)
    assert (sold["status"], len(sold["pack_includes"])) == ("active", 2)
    child = sold["pack_includes"][0]["subscription_id"]
    assert (await boss.get(f"/admin/subscriptions/{child}"))["pack_subscription_id"] == sold["id"]
    await boss.refused("POST", f"/admin/subscriptions/{child}/cancel", 409, "child_of_pack")
    await boss.refused("POST", "/admin/packs/office/subscribe", 409, "pack_overlaps", json={"tenant_id": world.jones})
    assert [each["id"] for each in (await boss.get(PACKS, status="active"))["items"]] == [sold["id"]]
    path = f"{PACKS}/{sold['id']}"
    assert (await boss.post(f"{path}/suspend", {"reason": "Unpaid."}))["suspension_reason"] == "Unpaid."
    assert (await boss.post(f"{path}/resume"))["status"] == "active"
    await boss.refused("POST", f"{path}/extend-trial", 400, "not_in_trial", json={"until": "2026-03-01"})
    assert (await boss.post(f"{path}/cancel", {"immediate": True}))["status"] == "cancelled"
    assert (await boss.get(f"/admin/subscriptions/{child}"))["status"] == "cancelled"
    assert (await boss.get(path))["allowed_moves"] == []


# -- what is sold ------------------------------------------------------------------------------

TEAM = {
    "slug": "team",
    "name": "Team",
    "billing_period": "monthly",
    "currency": "EUR",
    "discount_type": "percentage",
    "discount_percentage": "12.5",
    "items": [{"plan": "mail.basic"}, {"plan": "keys.pro", "override_price_cents": 2000}],
}


async def test_a_pack_is_offered_edited_and_taken_off_the_shelf(boss: Any, anybody: Any, world: Any) -> None:
    made = await boss.post("/admin/packs", TEAM, status=201)
    assert (made["price_cents"], made["is_active"], made["version"]) == (2625, True, 1)
    assert made["items"] == [
        {"plan_key": "mail.basic", "override_price_cents": None},
        {"plan_key": "keys.pro", "override_price_cents": 2000},
    ]
    await boss.refused("POST", "/admin/packs", 409, "slug_taken", json=TEAM)
    edited = {name: value for name, value in TEAM.items() if name != "slug"} | {"items": [{"plan": "mail.pro"}]}
    for name in ("team", made["id"]):
        path = f"/admin/packs/{name}"
        answer = await boss.put(path, edited | {"name": f"Team {name}"})
        assert (answer["id"], answer["price_cents"], len(answer["items"])) == (made["id"], 4375, 1)
        assert (await boss.get(path)) == answer
    stale = {"If-Match": '"1"'}
    await boss.refused("PUT", "/admin/packs/team", 412, "stale_version", json=edited, headers=stale)
    off = await boss.send("DELETE", "/admin/packs/team")
    assert (off.status_code, off.json()["is_active"], off.json()["is_public"]) == (200, False, False)
    assert (await boss.send("DELETE", f"/admin/packs/{made['id']}")).json() == off.json()
    assert "team" not in [each["slug"] for each in (await anybody.get("/catalog/packs"))["items"]]
    assert "team" in [each["slug"] for each in (await boss.get("/admin/packs"))["items"]]
    await boss.refused("POST", "/admin/packs/team/subscribe", 422, "pack_unavailable", json={"tenant_id": world.jones})


async def test_who_has_a_pack_keeps_what_was_bought_until_the_next_cycle(boss: Any, world: Any) -> None:
    await boss.post("/admin/packs", TEAM, status=201)
    sold = await boss.post("/admin/packs/team/subscribe", {"tenant_id": world.jones}, status=201)
    edited = {name: value for name, value in TEAM.items() if name != "slug"} | {"items": [{"plan": "keys.pro"}]}
    await boss.put("/admin/packs/team", edited)
    assert (await boss.get(f"{PACKS}/{sold['id']}"))["pack_includes"] == sold["pack_includes"]


async def test_every_fault_of_a_pack_is_pointed_at(boss: Any, world: Any) -> None:
    wrong = TEAM | {
        "slug": "No slug",
        "items": [{"plan": "mail.pro"}, {"plan": "keys.pro", "override_price_cents": -1}],
    }
    await boss.refused("POST", "/admin/packs", 422, "invalid", "/items/1/override_price_cents", "/slug", json=wrong)
    unknown = TEAM | {"items": [{"plan": "mail.none"}]}
    await boss.refused("POST", "/admin/packs", 422, "plan_unknown", "/items/0", json=unknown)
    twice = TEAM | {"items": [{"plan": "mail.pro"}, {"plan": "mail.basic"}]}
    await boss.refused("POST", "/admin/packs", 422, "pack_items_invalid", json=twice)
    nothing = TEAM | {"items": []}
    await boss.refused("POST", "/admin/packs", 422, "pack_items_invalid", "/items", json=nothing)
    await boss.refused("GET", "/admin/packs/none", 404, "pack_not_found")
    await boss.refused("GET", "/admin/packs/pck_none", 404, "pack_not_found")


async def test_nobody_else_edits_packs(reseller: Any, acme: Any, world: Any) -> None:
    for somebody in (reseller, acme):
        for method, path in (
            ("POST", "/admin/packs"),
            ("PUT", "/admin/packs/office"),
            ("DELETE", "/admin/packs/office"),
        ):
            answer = await somebody.send(method, path, json=None if method == "DELETE" else TEAM)
            assert answer.status_code in {403, 422}, answer.text
        assert (await somebody.send("DELETE", "/admin/packs/office")).status_code == 403


# -- a tenant's own ----------------------------------------------------------------------------


async def test_a_customer_buys_looks_at_and_ends_a_pack(acme: Any, stranger: Any, boss: Any, world: Any) -> None:
    for each in (await boss.get("/admin/subscriptions", tenant_id=world.acme))["items"]:
        if each["allowed_moves"]:
            await boss.post(f"/admin/subscriptions/{each['id']}/cancel", {"immediate": True})
    sold = await acme.post("/packs/office/subscribe", status=201)
    assert (sold["tenant_id"], sold["status"]) == (world.acme, "active")
    assert [each["id"] for each in (await acme.get("/pack-subscriptions"))["items"]] == [sold["id"]]
    path = f"/pack-subscriptions/{sold['id']}"
    assert (await acme.get(path)) == sold
    assert (await stranger.get("/pack-subscriptions"))["items"] == []
    for method, tail in (("GET", ""), ("POST", "/cancel"), ("POST", "/resume")):
        await stranger.refused(method, path + tail, 404, "pack_subscription_not_found")
    assert (await acme.post(f"{path}/cancel", {"reason": "Too dear."}))["status"] == "cancelling"
    assert (await acme.post(f"{path}/resume"))["status"] == "active"
    await boss.post(f"{PACKS}/{sold['id']}/suspend")
    await acme.refused("POST", f"{path}/resume", 403, "forbidden")
    await boss.post(f"{PACKS}/{sold['id']}/resume")
    assert (await acme.post(f"{path}/cancel", {"immediate": True}))["status"] == "cancelled"


async def test_a_hidden_pack_is_nobodys_to_choose(acme: Any, boss: Any, world: Any) -> None:
    await boss.post("/admin/packs", TEAM | {"is_public": False}, status=201)
    await acme.refused("POST", "/packs/team/subscribe", 422, "pack_unavailable")
