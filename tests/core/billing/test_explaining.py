"""An auditor asks why: each VAT group tells rule, law, rate and evidence, and comes out the same again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.billing.explaining import explain_vat
from scaicontrol_core.billing.use_cases.explain_invoice import ExplainInvoice
from scaicontrol_core.kernel.errors import Forbidden, Refused
from scaicontrol_core.tax import standard_rates
from scaicontrol_core.tax.supply import determine, read_supply
from scaicontrol_core.tenancy.seller import NonEuCategory, VatExemption
from scaicontrol_core.tenancy.use_cases.attest_vat_number import Attestation, AttestVatNumber
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID
from scaicontrol_core.testing.documents import sample_credit_note, sample_invoice, sample_reverse_charge_invoice

SHOP: dict[str, Any] = {"oss_registered": True}
SMALL: dict[str, Any] = {"vat_exemption": VatExemption.SMALL_BUSINESS}
SCHOOL: dict[str, Any] = {"vat_exemption": VatExemption.PUBLIC_INTEREST}
OUTSIDE: dict[str, Any] = {"non_eu_services_category": NonEuCategory.OUTSIDE_SCOPE}


@pytest.mark.parametrize("document", [sample_invoice(), sample_reverse_charge_invoice(), sample_credit_note()])
def test_what_is_decided_again_comes_out_as_frozen(document: dict[str, Any]) -> None:
    explained = explain_vat(document, standard_rates())
    assert explained.agrees
    assert all(entry.steps for entry in explained.entries)


def test_a_reverse_charge_names_its_proof() -> None:
    explained = explain_vat(sample_reverse_charge_invoice(), standard_rates())
    (entry,) = explained.entries
    assert explained.evidence is not None
    assert explained.evidence["reference"] == "WAPIAAAAZbXd3MfC"
    assert "Directive 2006/112/EC Art. 196" in [step.law for step in entry.steps]


def test_a_taxed_group_names_its_row_of_the_rate_table() -> None:
    document = sample_invoice()
    document["vat_details"]["entries"][0]["rate_id"] = "NL-2012-10"
    (entry,) = explain_vat(document, standard_rates()).entries
    assert [rate.rate_id for rate in entry.rates] == ["NL-2012-10"]
    assert entry.rates[0].source


def test_an_altered_document_gives_itself_away() -> None:
    altered = sample_reverse_charge_invoice()
    altered["vat_details"]["evidence"]["state"] = "invalid"
    explained = explain_vat(altered, standard_rates())
    assert not explained.agrees
    assert "treatment: reverse_charge, again: seller_country" in explained.entries[0].differences


def test_what_can_no_longer_be_decided_is_told_not_raised() -> None:
    early = sample_invoice()
    early["lines"][0]["supply_date"] = "2012-01-01"
    (difference,) = explain_vat(early, standard_rates()).entries[0].differences
    assert "No VAT rate of NL is known on 2012-01-01" in difference


def test_a_document_of_the_first_version_is_explained_as_far_as_it_goes() -> None:
    first = json.loads((Path(__file__).parents[2] / "golden" / "document-first.json").read_text("utf-8"))
    explained = explain_vat(first, standard_rates())
    assert explained.inputs is None
    assert explained.agrees
    assert explained.entries[0].supply_dates


#: A buyer and a seller of each treatment, and what comes of it.
SALES: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "domestic": ({}, {}, "domestic", "S"),
    "reverse charge": ({"country_code": "DE", "vat_number": "DE158950105"}, {}, "reverse_charge", "AE"),
    "destination": ({"country_code": "DE", "is_business": False, "vat_number": None}, SHOP, "destination", "S"),
    "seller's country": ({"country_code": "DE", "is_business": False, "vat_number": None}, {}, "seller_country", "S"),
    "outside": ({"country_code": "US", "vat_number": None}, {}, "outside_eu", "G"),
    "outside as O": ({"country_code": "US", "vat_number": None}, OUTSIDE, "outside_eu", "O"),
    "embassy": ({"country_code": "BE", "vat_number": None, "tax_exempt": True}, {}, "exempt", "E"),
    "small business": ({}, SMALL, "exempt", "E"),
    "small business abroad": ({"country_code": "DE", "is_business": False, "vat_number": None}, SMALL, "exempt", "E"),
    "school": ({}, SCHOOL, "exempt", "E"),
    "contested": ({"country_code": "AX", "is_business": False, "vat_number": None}, {}, "outside_eu", "G"),
}


@pytest.mark.parametrize("name", SALES)
async def test_frozen_explained_and_determined_are_one_decision(books: Any, name: str) -> None:
    buyer, seller, treatment, category = SALES[name]
    if seller:
        await books.configure(**seller)
    customer = await books.customer("tnt_buyer", **({"postal_code": None} | buyer))
    if category == "AE":
        await books.world.use(AttestVatNumber)(books.admin, customer, Attestation(note="Extract seen."))
    issued = await books.issue(tenant_id=customer)
    frozen = issued.document["vat_details"]
    (entry,) = frozen["entries"]
    assert (entry["treatment"], entry["category"]) == (treatment, category)
    assert (await books.world.use(ExplainInvoice)(books.admin, issued.id)).agrees

    nets = [{"net_cents": line["net_cents"]} for line in issued.document["lines"]]
    state = frozen["evidence"]["state"] if frozen["evidence"] else None
    asked = {key: value for key, value in frozen["inputs"].items() if key != "supply_net_cents"}
    asked |= {"vat_valid": state, "supply_date": issued.document["lines"][0]["supply_date"], "lines": nets}
    answer = determine(read_supply(asked), standard_rates()).to_dict()
    same = ("treatment", "category", "rate", "vatex", "legal_note", "rule", "law", "review", "country", "rate_id")
    assert {key: answer[key] for key in same} == {key: entry[key] for key in same}
    assert answer["tax_cents"] == entry["amount_cents"] == issued.document["totals"]["tax_cents"]


async def test_an_invoice_is_explained_to_its_seller_and_a_draft_is_not(books: Any) -> None:
    draft = await books.draft()
    explain = books.world.use(ExplainInvoice)
    with pytest.raises(Refused, match="decided when it is finalized"):
        await explain(books.admin, draft.id)
    issued = await books.finalize(draft.id)
    explained = await explain(books.admin, issued.id)
    assert explained.number == issued.number
    assert explained.agrees
    assert explained.inputs is not None
    with pytest.raises(Forbidden):
        await explain(Actor.tenant_user("buyer", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN), issued.id)
