"""VAT numbers over HTTP, with a register that answers over HTTP itself."""

from __future__ import annotations

from typing import Any

import pytest

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.vies.register import Patience, ViesRegister
from tests.services.vies import Vies

GERMAN = "DE158950105"
PROFILE = {"company_name": "Rhein GmbH", "country_code": "DE", "postal_code": "50667", "vat_number": "de 158 950 105"}


@pytest.fixture
def register(container: Container, vies: Vies) -> Vies:
    """The register of the server."""
    container.vat_register = ViesRegister(url=vies.url, patience=Patience(question_seconds=0))
    return vies


async def test_a_number_is_checked_and_the_history_tells_how(boss: Any, world: Any, register: Vies) -> None:
    path = f"/admin/tenants/{world.bare}"
    await boss.put(f"{path}/billing-profile", PROFILE)
    register.outages["DE"] = "MS_UNAVAILABLE"
    silent = (await boss.post(f"{path}/vat-check", {}))["vat_evidence"]
    assert (silent["state"], silent["attempts"], silent["error_code"]) == ("pending", 1, "MS_UNAVAILABLE")
    register.outages.clear()
    register.known.add(GERMAN)
    found = (await boss.post(f"{path}/vat-check", {}))["vat_evidence"]
    assert (found["state"], found["source"], found["reference"]) == ("valid", "vies", "WAPIAAAAX1abcdef")
    assert found["as_typed"] == "de 158 950 105"
    history = await boss.get(f"{path}/vat-evidence")
    assert [(item["state"], item["vat_number"]) for item in history["items"]] == [
        ("valid", GERMAN),
        ("pending", GERMAN),
    ]
    assert '"valid": true' in history["items"][0]["raw"]
    assert history["items"][0]["name"] is None
    first = await boss.get(f"{path}/vat-evidence", limit=1, sort="asked_at")
    assert first["items"][0]["state"] == "pending"


async def test_a_repeated_request_leaves_its_evidence_once(boss: Any, world: Any, register: Vies) -> None:
    path = f"/admin/tenants/{world.bare}"
    await boss.put(f"{path}/billing-profile", PROFILE)
    for key, where, body in (
        ("check", "vat-check", {}),
        ("attest", "billing-profile/vat-attestation", {"note": "Extract seen."}),
    ):
        headers = {"Idempotency-Key": key}
        answers = [await boss.send("POST", f"{path}/{where}", json=body, headers=headers) for _ in range(2)]
        assert [each.status_code for each in answers] == [200, 200]
        assert answers[0].json() == answers[1].json()
        assert answers[1].headers["idempotent-replayed"] == "true"
    history = await boss.get(f"{path}/vat-evidence")
    assert sorted(item["source"] for item in history["items"]) == ["operator_attested", "vies"]


async def test_without_a_register_or_a_number_there_is_nothing_to_check(boss: Any, world: Any, register: Vies) -> None:
    path = f"/admin/tenants/{world.bare}"
    await boss.refused("POST", f"{path}/vat-check", 404, "billing_profile_not_found")
    await boss.put(f"{path}/billing-profile", PROFILE | {"vat_number": None})
    await boss.refused("POST", f"{path}/vat-check", 422, "vat_number_missing", "/vat_number")
    assert register.received == []


async def test_a_development_server_asks_nobody(boss: Any, world: Any) -> None:
    path = f"/admin/tenants/{world.bare}"
    await boss.put(f"{path}/billing-profile", PROFILE)
    await boss.refused("POST", f"{path}/vat-check", 503, "register_off")
    assert (await boss.get(f"{path}/vat-evidence"))["total"] == 0


async def test_nobody_looks_into_somebody_elses(boss: Any, acme: Any, reseller: Any, world: Any) -> None:
    path = f"/admin/tenants/{world.acme}/vat-evidence"
    await reseller.refused("GET", path, 404, "tenant_not_found")
    await acme.refused("GET", path, 403, "forbidden")
    await boss.get(path)


async def test_a_seller_sets_its_policy(boss: Any, world: Any) -> None:
    path = f"/admin/partners/{world.operator}"
    changed = await boss.patch(path, {"vat_evidence_valid_days": 7, "unverified_vat_number_policy": "hold"})
    configuration = changed["configuration"]
    assert (configuration["vat_evidence_valid_days"], configuration["unverified_vat_number_policy"]) == (7, "hold")
    for wrong in ({"vat_evidence_valid_days": 0}, {"unverified_vat_number_policy": "trust"}):
        assert (await boss.send("PATCH", path, json=wrong)).status_code == 422


async def test_a_seller_decides_what_the_law_leaves_to_it(boss: Any, world: Any) -> None:
    path = f"/admin/partners/{world.operator}"
    wanted = {
        "advance_tax_point": "split",
        "exempt_before_reverse_charge": True,
        "b2c_cross_border_turnover_last_year_cents": 1_000_001,
        "vat_exemption": "small_business",
    }
    changed = await boss.patch(path, wanted)
    assert {name: changed["configuration"][name] for name in wanted} == wanted
    for name in wanted:
        answer = await boss.send("PATCH", path, json={name: "as you like"})
        assert answer.status_code in (400, 422), name
    assert (await boss.get(path))["configuration"] == changed["configuration"]


async def test_what_was_charged_for_want_of_proof_is_offered(
    boss: Any, reseller: Any, acme: Any, anybody: Any, world: Any, register: Vies
) -> None:
    offers = "/admin/billing/vat-corrections"
    await boss.put(f"/admin/tenants/{world.bare}/billing-profile", PROFILE)
    line = {"description": "Advice", "quantity": "1", "unit_price_cents": "100"}
    draft = await boss.post("/admin/invoices", {"tenant_id": world.bare, "lines": [line]}, status=201)
    issued = await boss.post(f"/admin/invoices/{draft['id']}/finalize")
    assert (await boss.get(offers))["items"] == []
    register.known.add(GERMAN)
    await boss.post(f"/admin/tenants/{world.bare}/vat-check", {})
    (offer,) = (await boss.get(offers, since="2026-01-01"))["items"]
    assert (offer["invoice_id"], offer["vat_number"]) == (issued["id"], GERMAN)
    assert offer["tax_cents"] == issued["tax_cents"]
    assert offer["reference"] == "WAPIAAAAX1abcdef"
    assert (await reseller.get(offers))["items"] == []
    await reseller.refused("GET", offers, 404, "partner_not_found", params={"seller_id": world.operator})
    await boss.refused("GET", offers, 422, "unknown_parameter", "/query/sinse", params={"sinse": "2026-01-01"})
    assert (await acme.send("GET", offers)).status_code == 403
    assert (await anybody.send("GET", offers)).status_code == 401
