"""The audit log over HTTP."""

from __future__ import annotations

from typing import Any

import pytest


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


async def test_a_reseller_reads_of_its_own(reseller: Any, boss: Any, world: Any) -> None:
    mine = await reseller.get("/admin/audit-log", limit=200)
    everything = await boss.get("/admin/audit-log", partner_id=world.reseller, limit=200)
    assert mine["items"] == everything["items"]
    assert mine["total"] == everything["total"] > 5
    assert (await reseller.get("/admin/audit-log", tenant_id=world.acme))["total"] == 0
    assert (await reseller.get("/admin/audit-log", resource_type="plan"))["total"] == 0


async def test_it_is_not_for_customers(acme: Any, world: Any) -> None:
    await acme.refused("GET", "/admin/audit-log", 403, "forbidden")


async def test_who_asked_by_which_request(boss: Any, world: Any) -> None:
    await boss.patch(f"/admin/tenants/{world.acme}", {"name": "Renamed"}, headers={"X-Request-ID": "change-4712"})
    found = await boss.get("/admin/audit-log", request_id="change-4712", actor_kind="user")
    assert [entry["action"] for entry in found["items"]] == ["tenant.updated"]
    assert (await boss.get("/admin/audit-log", request_id="change-4712", actor_kind="job"))["total"] == 0


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/admin/tenants/{0.acme}/history", {"tenant.created", "tenant.billing_linked", "vat_number.checked"}),
        ("/admin/tenants/{0.acme}/billing-profile/history", {"tenant.billing_linked"}),
        ("/admin/partners/{0.reseller}/history", {"partner.created", "partner.billing_linked"}),
        ("/admin/subscriptions/{0.subscription}/history", {"subscription.created", "subscription.activated"}),
        ("/admin/invoices/{0.invoice}/history", {"invoice.drafted", "invoice.finalized"}),
        ("/admin/billing/runs/{0.run}/history", {"billing_run.finished"}),
        ("/admin/billing/templates/{0.their_template}/history", {"document_template.created"}),
        ("/admin/registry/services/mail/history", {"service.created"}),
        ("/admin/registry/services/mail/plans/pro/history", {"plan.created"}),
        ("/admin/packs/office/history", {"pack.created"}),
    ],
)
async def test_every_resource_with_a_life_has_its_history(boss: Any, world: Any, path: str, told: set[str]) -> None:
    history = await boss.get(path.format(world))
    assert {entry["action"] for entry in history["items"]} >= told - {"vat_number.checked"}
    assert len({entry["resource_id"] for entry in history["items"]}) == 1
    first = await boss.get(path.format(world), limit=1)
    assert first["items"] == history["items"][:1]
    if first["next_cursor"]:
        rest = await boss.get(path.format(world), cursor=first["next_cursor"])
        assert rest["items"] == history["items"][1:]


async def test_payments_and_packs_have_theirs(boss: Any, reseller: Any, world: Any, their_pack: str) -> None:
    await boss.post(f"/admin/invoices/{world.invoice}/mark-paid", {"method": "bank_transfer"})
    (paid,) = (await boss.get(f"/admin/invoices/{world.invoice}/payments"))["items"]
    history = await boss.get(f"/admin/payments/{paid['id']}/history")
    assert [entry["action"] for entry in history["items"]] == ["payment.succeeded"]
    packs = await reseller.get(f"/admin/packs/subscriptions/{their_pack}/history")
    assert packs["items"][0]["action"] == "pack_subscription.activated"


async def test_a_plan_tells_from_what_to_what(boss: Any, world: Any) -> None:
    terms = {"name": "Pro", "tier": "pro", "billing_period": "monthly", "currency": "EUR", "base_price_cents": 6000}
    await boss.put("/admin/registry/services/mail/plans/pro", terms)
    (newest, *_) = (await boss.get("/admin/registry/services/mail/plans/pro/history"))["items"]
    assert newest["details"]["changes"]["base_price_cents"] == {"before": 5000, "after": 6000}


async def test_instants_beyond_the_calendar_are_refused(boss: Any) -> None:
    for name, instant in (("since", "0001-01-01T00:00:00+23:59"), ("until", "9999-12-31T23:59:59-23:59")):
        wrong = {"params": {name: instant}}
        await boss.refused("GET", "/admin/audit-log", 422, "instant_invalid", f"/{name}", **wrong)


async def test_people_have_theirs(boss: Any, reseller: Any, their_people: dict[str, str]) -> None:
    for kind, name in (("users", "user_id"), ("groups", "group_id"), ("roles", "role_id")):
        path = f"/admin/{kind}/{their_people[name]}/history"
        told = await reseller.get(path)
        assert told["total"] > 0
        assert told["items"] == (await boss.get(path))["items"]
