"""The audit log over HTTP."""

from __future__ import annotations

from typing import Any


async def test_the_platform_reads_what_happened_anywhere(boss: Any, world: Any) -> None:
    await boss.patch(f"/admin/tenants/{world.acme}", {"name": "Renamed"}, headers={"X-Request-ID": "change-4711"})
    (newest, *_) = (await boss.get("/admin/audit-log"))["items"]
    assert (newest["action"], newest["user_id"], newest["request_id"]) == (
        "tenant.updated",
        "dev:super_admin",
        "change-4711",
    )
    assert newest["details"]["changes"]["name"] == {"before": "Acme", "after": "Renamed"}


async def test_it_is_narrowed_and_paged(boss: Any, world: Any) -> None:
    mine = await boss.get("/admin/audit-log", tenant_id=world.acme)
    assert 0 < mine["total"] < (await boss.get("/admin/audit-log"))["total"]
    made = await boss.get("/admin/audit-log", action="tenant.created", limit=3)
    rest = await boss.get("/admin/audit-log", action="tenant.created", cursor=made["next_cursor"])
    assert len({entry["resource_id"] for entry in made["items"] + rest["items"]}) == made["total"] == 4
    assert (await boss.get("/admin/audit-log", since="2026-01-15T09:30:00Z"))["total"] > 0
    assert (await boss.get("/admin/audit-log", since="2026-01-15T10:30:00+00:00"))["total"] == 0
    assert (await boss.get("/admin/audit-log", until="2026-01-15T09:30:00Z"))["total"] == 0


async def test_it_is_the_platforms_own(reseller: Any, acme: Any, world: Any) -> None:
    for caller in (reseller, acme):
        await caller.refused("GET", "/admin/audit-log", 403, "forbidden")


async def test_instants_beyond_the_calendar_are_refused(boss: Any) -> None:
    for name, instant in (("since", "0001-01-01T00:00:00+23:59"), ("until", "9999-12-31T23:59:59-23:59")):
        wrong = {"params": {name: instant}}
        await boss.refused("GET", "/admin/audit-log", 422, "instant_invalid", f"/{name}", **wrong)
