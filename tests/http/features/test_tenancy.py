"""Tenants, partners and billing profiles over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

PROFILE = {
    "company_name": "Acme B.V.",
    "country_code": "NL",
    "address_line1": "Dam 1",
    "postal_code": "1012 JS",
    "city": "Amsterdam",
    "vat_number": "nl 8689.66.393 b01",
    "preferred_language": "nl",
}


async def test_a_customer_is_taken_on_changed_and_found_again(boss: Any, world: Any) -> None:
    made = await boss.post("/admin/tenants", {"name": "Newcomer", "external_reference": "N-1"}, status=201)
    assert made["partner_id"] == world.operator
    changed = await boss.patch(f"/admin/tenants/{made['id']}", {"name": "Renamed", "external_reference": None})
    assert (changed["name"], changed["external_reference"]) == ("Renamed", None)
    assert changed == await boss.get(f"/admin/tenants/{made['id']}")
    found = await boss.get("/admin/tenants", search="renam")
    assert [item["id"] for item in found["items"]] == [made["id"]]


async def test_a_version_in_if_match_keeps_two_editors_apart(boss: Any, world: Any) -> None:
    path = f"/admin/tenants/{world.acme}"
    read = await boss.send("GET", path)
    version = {"If-Match": read.headers["etag"]}
    await boss.patch(path, {"name": "First"}, headers=version)
    await boss.refused("PATCH", path, 412, "stale_version", json={"name": "Second"}, headers=version)
    assert (await boss.get(path))["name"] == "First"
    await boss.refused("PATCH", path, 400, "if_match_malformed", json={"name": "x"}, headers={"If-Match": "three"})
    await boss.patch(path, {"name": "Third"}, headers={"If-Match": "*"})


async def test_lists_go_on_where_they_stopped(boss: Any, world: Any) -> None:
    first = await boss.get("/admin/tenants", limit=3, sort="name")
    rest = await boss.get("/admin/tenants", limit=3, sort="name", cursor=first["next_cursor"])
    names = [item["name"] for item in first["items"] + rest["items"]]
    assert names == ["Acme", "Bare", "Jones", "Theirs"]
    assert (first["total"], rest["total"], rest["next_cursor"]) == (4, 4, None)
    page = await boss.get("/admin/tenants", page=2, page_size=3, sort="name")
    assert [item["name"] for item in page["items"]] == ["Theirs"]
    downward = await boss.get("/admin/tenants", sort="-name", limit=1)
    assert downward["items"][0]["name"] == "Theirs"


async def test_lists_are_narrowed(boss: Any, world: Any) -> None:
    theirs = await boss.get("/admin/tenants", partner_id=world.reseller)
    assert [item["id"] for item in theirs["items"]] == [world.theirs]
    await boss.patch(f"/admin/tenants/{world.bare}", {"is_active": False})
    asleep = await boss.get("/admin/tenants", is_active="false")
    assert [item["id"] for item in asleep["items"]] == [world.bare]


async def test_a_reference_is_taken_once_per_partner(
    boss: Any, world: Any, rows: Callable[[], Awaitable[Mapping[str, int]]]
) -> None:
    before = await rows()
    body = {"name": "Other", "external_reference": "acme"}
    await boss.refused("POST", "/admin/tenants", 409, "external_reference_taken", json=body)
    await boss.refused("POST", "/admin/tenants", 404, "partner_not_found", json={"name": "x", "partner_id": "prt_no"})
    assert await rows() == before


async def test_a_profile_is_set_whole_and_cleaned(boss: Any, acme: Any, world: Any) -> None:
    path = f"/admin/tenants/{world.bare}/billing-profile"
    await boss.refused("GET", path, 404, "billing_profile_not_found")
    made = await boss.put(path, PROFILE)
    assert made["details"]["vat_number"] == "NL868966393B01"
    assert made["vat_evidence"]["state"] == "never_checked"
    attested = await boss.post(f"{path}/vat-attestation", {"note": "Seen the certificate.", "reference": "F-12"})
    assert (attested["vat_evidence"]["state"], attested["vat_evidence"]["source"]) == ("valid", "operator_attested")
    shorter = await boss.put(path, {"company_name": "Acme", "country_code": "NL"})
    assert shorter["details"]["vat_number"] is None
    assert shorter["vat_evidence"]["state"] == "never_checked"


async def test_a_customer_keeps_its_own_profile(acme: Any, world: Any) -> None:
    read = await acme.send("GET", "/billing/billing-profile")
    changed = await acme.put("/billing/billing-profile", PROFILE, headers={"If-Match": read.headers["etag"]})
    assert changed["tenant_id"] == world.acme
    assert changed["details"]["company_name"] == "Acme B.V."
    await acme.refused(
        "PUT", "/billing/billing-profile", 412, "stale_version", json=PROFILE, headers={"If-Match": '"1"'}
    )
    exempt = PROFILE | {"tax_exempt": True}
    await acme.refused("PUT", "/billing/billing-profile", 403, "tax_exempt_forbidden", json=exempt)


async def test_every_wrong_field_of_a_profile_is_named(
    acme: Any, world: Any, rows: Callable[[], Awaitable[Mapping[str, int]]]
) -> None:
    before = await rows()
    wrong = PROFILE | {
        "country_code": "Holland",
        "contact_email": "at",
        "preferred_language": "tlh",
        "company_name": " ",
    }
    problem = await acme.refused("PUT", "/billing/billing-profile", 422, "invalid", json=wrong)
    pointers = {each["pointer"] for each in problem["errors"]}
    assert pointers == {"/country_code", "/contact_email", "/preferred_language", "/company_name"}
    await acme.refused(
        "PUT",
        "/billing/billing-profile",
        422,
        "vat_number_invalid",
        "/vat_number",
        json=PROFILE | {"vat_number": "NL1"},
    )
    assert await rows() == before


async def test_a_partner_is_taken_on_and_configured(boss: Any, world: Any) -> None:
    made = await boss.post("/admin/partners", {"name": "Second", "billing_model": "wholesale"}, status=201)
    assert not made["is_billable"]
    path = f"/admin/partners/{made['id']}"
    changed = await boss.patch(
        path, {"legal_name": "Second B.V.", "seller_country_code": "NL", "commission_rate": 1250}
    )
    assert changed["is_billable"]
    assert changed["configuration"]["commission_rate"] == 1250
    await boss.refused("PATCH", path, 409, "invoice_number_prefix_taken", json={"invoice_number_prefix": "SCAI"})
    await boss.refused("PATCH", path, 422, "choice_unknown", "/billing_model", json={"billing_model": "barter"})
    emptied = await boss.patch(path, {"legal_name": None})
    assert emptied["configuration"]["legal_name"] is None


async def test_what_looks_like_a_secret_is_not_shown(boss: Any, world: Any) -> None:
    path = f"/admin/partners/{world.reseller}"
    shown = await boss.patch(path, {"provider_config": {"api_key": "hush", "region": "eu"}})
    assert shown["configuration"]["provider_config"] == {"api_key": "[redacted]", "region": "eu"}


async def test_a_reseller_keeps_to_its_own(reseller: Any, world: Any) -> None:
    mine = await reseller.get("/admin/tenants")
    assert [item["id"] for item in mine["items"]] == [world.theirs]
    partners = await reseller.get("/admin/partners")
    assert [item["id"] for item in partners["items"]] == [world.reseller]
    taken_on = await reseller.post("/admin/tenants", {"name": "Mine"}, status=201)
    assert taken_on["partner_id"] == world.reseller
    await reseller.refused(
        "POST", "/admin/tenants", 404, "partner_not_found", json={"name": "Not mine", "partner_id": world.operator}
    )
    own = f"/admin/partners/{world.reseller}"
    await reseller.refused("PATCH", own, 403, "contract_fields_forbidden", json={"commission_rate": 9999})
    await reseller.refused("POST", "/admin/partners", 403, "forbidden", json={"name": "Another"})


async def test_a_key_makes_a_repeat_harmless(
    boss: Any, world: Any, rows: Callable[[], Awaitable[Mapping[str, int]]]
) -> None:
    key = {"Idempotency-Key": "import-7"}
    first = await boss.send("POST", "/admin/tenants", json={"name": "Once"}, headers=key)
    before = await rows()
    again = await boss.send("POST", "/admin/tenants", json={"name": "Once"}, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    await boss.refused("POST", "/admin/tenants", 422, "idempotency_key_reused", json={"name": "Twice"}, headers=key)
    assert await rows() == before
