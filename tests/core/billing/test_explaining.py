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
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID
from scaicontrol_core.testing.documents import sample_credit_note, sample_invoice, sample_reverse_charge_invoice


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
