"""VAT numbers at the command line, with a register that answers over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.vies import Vies

World = Callable[..., Any]
GERMAN = "DE158950105"


@pytest.fixture
def rhein(world: World, vies: Vies, monkeypatch: pytest.MonkeyPatch) -> World:
    """The program with a register, and a German business among the customers."""
    monkeypatch.setenv("SCAICONTROL_VIES_URL", vies.url)
    monkeypatch.setenv("SCAICONTROL_VIES_TIMEOUT_SECONDS", "1")
    world("admin", "tenants", "create", "Rhein", "--reference", "rhein")
    fields = ("company_name=Rhein GmbH", "country_code=DE", "postal_code=50667", f"vat_number={GERMAN}")
    options = [word for field in fields for word in ("--set", field)]
    world("admin", "tenants", "billing-profile", "rhein", *options)
    return world


def test_a_number_is_checked(rhein: World, vies: Vies) -> None:
    refused = rhein("admin", "tenants", "check-vat", "rhein", "--json", fails=1)
    assert refused.json["vat_evidence"]["state"] == "invalid"
    vies.known.add(GERMAN)
    found = rhein("admin", "tenants", "check-vat", "rhein", "--json").json
    assert (found["vat_evidence"]["state"], found["vat_evidence"]["reference"]) == ("valid", "WAPIAAAAX1abcdef")
    assert vies.received[-1]["requesterNumber"] == "698797309B01"
    items = rhein("admin", "tenants", "vat-evidence", "rhein", "--json").json["items"]
    assert [item["state"] for item in items] == ["valid", "invalid"]


def test_an_outage_is_pending_and_no_failure(rhein: World, vies: Vies) -> None:
    vies.outages["DE"] = "MS_UNAVAILABLE"
    found = rhein("admin", "tenants", "check-vat", "rhein", "--json")
    assert found.json["vat_evidence"]["state"] == "pending"
    assert "MS_UNAVAILABLE" in found.stderr


def test_without_a_register_it_says_how_to_get_one(world: World) -> None:
    assert "[register_off]" in world("admin", "tenants", "check-vat", "acme", fails=1).complaint
    assert world("admin", "tenants", "recheck-vat", "--json").json["answered"] == 0


def test_everybody_due_is_asked_and_a_refusal_is_the_operators_to_mend(rhein: World, vies: Vies) -> None:
    vies.outages["*"] = "IP_BLOCKED"
    report = rhein("admin", "tenants", "recheck-vat", "--json", fails=1).json
    assert (report["refused_us"], report["answered"], report["refused"]) == (["IP_BLOCKED"], 0, 0)
    state = rhein("admin", "tenants", "billing-profile", "rhein", "--json").json["vat_evidence"]["state"]
    assert state == "pending"


def test_what_was_charged_for_want_of_proof_is_offered_back(rhein: World, vies: Vies) -> None:
    (house,) = rhein("admin", "partners", "list", "--json").json["items"]
    rhein("admin", "partners", "configure", house["id"], "--set", "oss_registered=true")
    vies.outages["*"] = "SERVICE_UNAVAILABLE"
    draft = rhein("admin", "invoices", "create", "rhein", "--line", "1 x 100 Advice", "--json").json
    issued = rhein("admin", "invoices", "finalize", draft["id"], "--yes", "--json").json
    assert rhein("admin", "billing", "vat-corrections", "--json").json["items"] == []
    vies.outages.clear()
    vies.known.add(GERMAN)
    rhein("admin", "tenants", "check-vat", "rhein")
    (offer,) = rhein("admin", "billing", "vat-corrections", "--json").json["items"]
    assert offer["number"] in str(issued)
    assert (offer["tax_cents"], offer["vat_number"]) == (19, GERMAN)
    shown = rhein("admin", "billing", "vat-corrections")
    assert offer["number"] in shown.stdout
    assert "reissue" in shown.stderr
