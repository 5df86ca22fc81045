"""The frozen document: one canonical text, the same on every machine, in the schema we publish."""

from __future__ import annotations

import json
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from scaicontrol_core.billing.chain import chain_hash, genesis
from scaicontrol_core.billing.draft_input import LineInput
from scaicontrol_core.billing.explaining import explain_vat
from scaicontrol_core.billing.frozen_document import BuyerSnapshot, SellerSnapshot, canonical_json
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.tax import standard_rates
from scaicontrol_core.testing.documents import sample_credit_note, sample_invoice, sample_reverse_charge_invoice

GOLDEN = Path(__file__).parents[2] / "golden" / "document.json"
#: What a document may never say: whatever the database calls things.
DATABASE_WORDS = ("_id", "inv_", "tnt_", "prt_", "sub_", "lin_", "run_", "created_at", "version")


async def golden_invoice(books: Any) -> Any:
    """An invoice with something in every field, to a business across the border."""
    tenant = await books.customer(
        "tnt_golden",
        company_name="Müller & Söhne „Präzision“ GmbH",
        address_line2="Hinterhaus",
        city="Düsseldorf",
        country_code="DE",
        vat_number="DE129273398",
        preferred_language="de",
        preferred_einvoice_format="xrechnung",
        leitweg_id="04011000-1234512345-06",
        buyer_reference="PO 4711",
    )
    async with books.world.work.begin(books.admin) as work:
        profile = await work.billing_profiles.get(tenant)
        profile.attest_vat_number("file 12", "Extract of the trade register seen.", books.world.clock.now())
        await work.billing_profiles.save(profile)
        await work.commit()
    return await books.issue(
        LineInput(description="ScaiKey Pro", quantity="2", unit_price_cents="19900", unit_code="MON"),
        LineInput(description="API calls", quantity="1234.5", unit_price_cents="0.125", price_divisor=10),
        LineInput(description="Outage", quantity="-0.5", unit_price_cents="19900", supply_date=date(2025, 12, 30)),
        tenant_id=tenant,
        notes='Line one\nLine "two" \\ €',
        period=Period(date(2026, 1, 1), date(2026, 2, 1)),
    )


async def test_the_same_facts_freeze_to_the_same_bytes_for_ever(books: Any) -> None:
    issued = await golden_invoice(books)
    assert issued.frozen_document == GOLDEN.read_text(encoding="utf-8").rstrip("\n")
    assert issued.chain_hash == chain_hash(genesis("invoice/2026"), issued.frozen_document)


async def test_the_text_is_canonical(books: Any) -> None:
    text = (await golden_invoice(books)).frozen_document
    assert canonical_json(json.loads(text)) == text
    assert "Düsseldorf" in text  # UTF-8, not escapes
    document = json.loads(text, parse_float=pytest.fail)
    assert list(document) == sorted(document)


async def test_it_says_nothing_of_the_database(books: Any) -> None:
    def names(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value) | {name for item in value.values() for name in names(item)}
        return {name for item in value for name in names(item)} if isinstance(value, list) else set()

    document = (await golden_invoice(books)).document
    allowed = {"leitweg_id", "peppol_id", "rate_id"}
    assert not {name for name in names(document) - allowed if any(word in name for word in DATABASE_WORDS)}
    assert not [word for word in ("inv_", "tnt_", "prt_", "sub_", "lin_", "run_") if word in canonical_json(document)]


def test_the_hash_is_what_anybody_can_compute() -> None:
    first = sha256(b"scaicontrol.series/1:invoice/2026").hexdigest()
    assert genesis("invoice/2026") == first
    assert chain_hash(first, '{"ä":1}') == sha256(first.encode() + '{"ä":1}'.encode()).hexdigest()


def test_no_float_ever_gets_in() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        canonical_json({"amount": float("nan")})


async def test_the_published_schema_fits_every_shape(books: Any, validate: Any) -> None:
    validate((await golden_invoice(books)).document)
    for sample in (sample_invoice(), sample_reverse_charge_invoice(), sample_credit_note()):
        validate(sample)


def test_the_schema_is_sound_and_forgets_no_field(books: Any) -> None:
    schema = json.loads((Path(__file__).parents[3] / "docs" / "reference" / "document.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    for name, snapshot in (("seller", SellerSnapshot), ("buyer", BuyerSnapshot)):
        assert set(schema["$defs"][name]["properties"]) == {field.name for field in snapshot.__attrs_attrs__}
    sample = sample_invoice()
    assert set(schema["properties"]) - {"self_billed"} == set(sample)  # said only where it is so
    assert set(sample) - set(schema["required"]) == {"reason", "creditor_reference", "vat_accounting"}
    assert set(schema["$defs"]["line"]["properties"]) == set(sample["lines"][0])
    assert set(schema["$defs"]["vatEntry"]["properties"]) == set(sample["vat_details"]["entries"][0])
    assert set(schema["$defs"]["vatInputs"]["properties"]) == set(sample["vat_details"]["inputs"])
    abroad = sample_reverse_charge_invoice()
    assert set(schema["$defs"]["vatEvidence"]["properties"]) == set(abroad["vat_details"]["evidence"])


@pytest.mark.parametrize("later", ["exempt_before_reverse_charge", "seller_exemption"])
def test_what_was_frozen_before_an_input_was_kept_fits_too(validate: Any, later: str) -> None:
    document = sample_invoice()
    del document["vat_details"]["inputs"][later]
    validate(document)
    assert explain_vat(document, standard_rates()).agrees


@pytest.mark.parametrize(
    "wrong",
    [
        {"total": 1},
        {"issue_date": "15-01-2026"},
        {"lines": []},
        {"currency": "euro"},
        {"schema": "scaicontrol.document/2"},
        {"number": ""},
        {"notes": 7},
    ],
)
def test_the_schema_refuses_what_is_no_document(validate: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        validate(sample_invoice(**wrong))


async def test_sums_agree_within_a_document(books: Any) -> None:
    document = (await golden_invoice(books)).document
    totals, entries = document["totals"], document["vat_details"]["entries"]
    assert totals["net_cents"] == sum(line["net_cents"] for line in document["lines"]) == 39800 + 15 - 9950
    assert totals["net_cents"] == sum(entry["taxable_cents"] for entry in entries)
    assert totals["tax_cents"] == sum(entry["amount_cents"] for entry in entries) == 0
    assert totals["gross_cents"] == totals["payable_cents"] == totals["net_cents"] + totals["tax_cents"]
    assert [line["position"] for line in document["lines"]] == [1, 2, 3]
