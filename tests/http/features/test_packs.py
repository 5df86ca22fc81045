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
