"""What holds for every VAT decision."""

from __future__ import annotations

from datetime import date
from typing import Any

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.kernel.party import _COUNTRIES
from scaicontrol_core.tax import (
    MEMBER_STATES,
    Advisory,
    Treatment,
    VatCategory,
    VatInputs,
    decide_vat,
    find_vat_number,
    standard_rates,
    territory_of,
)
from scaicontrol_core.tenancy.vat_evidence import VatNumberState

RATES = standard_rates()
#: A number of sound form for as many states as the sample customers have.
NUMBERS = {
    "AT": "ATU79549482", "BE": "BE0827559755", "DE": "DE158950105", "DK": "DK56700307", "EE": "EE103425634",
    "GR": "EL500985347", "ES": "ESB69897551", "FI": "FI51460429", "FR": "FR45522252667", "IE": "IE3507995F",
    "IT": "IT04597840158", "LU": "LU16120728", "NL": "NL868355884B01", "PL": "PL6885297619", "PT": "PT536622426",
    "RO": "RO11786745", "SE": "SE556008022701", "GB": "XI123456782",
}  # fmt: skip
EXEMPTIONS: dict[str, tuple[set[str | None], list[str]]] = {
    "exempt_buyer": ({"VATEX-EU-151"}, ["none", "small_business"]),
    "exempt_activity": ({"VATEX-EU-132", None}, ["art_132", "art_135"]),
    "small_business": ({"VATEX-FR-FRANCHISE", None}, ["small_business"]),
    "small_business_intra_eu": ({"VATEX-FR-FRANCHISE", None}, ["small_business"]),
}
POSTAL_CODES = [None, *"35001 9000-001 9500-010 BT15GS 97110 97300 22100 78266 6691 85400".split(), ""]
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
supplies = st.builds(
    VatInputs,
    seller_country=st.sampled_from(sorted(MEMBER_STATES)),
    buyer_country=st.sampled_from(sorted(_COUNTRIES)) | st.sampled_from(sorted(MEMBER_STATES)),
    buyer_postal_code=st.sampled_from(POSTAL_CODES) | st.text(max_size=8),
    buyer_vat_number=st.none() | st.sampled_from(sorted(NUMBERS.values())) | st.text(max_size=14),
    evidence_state=st.sampled_from(VatNumberState) | st.none() | st.booleans(),
    is_business=st.booleans(),
    tax_exempt=st.booleans(),
    supply_date=days,
    oss_registered=st.booleans(),
    b2c_cross_border_turnover_cents=st.integers(0, 2_000_000),
    supply_net_cents=st.integers(-100_000, 2_000_000),
    non_eu_services_category=st.sampled_from(["G", "O"]),
    seller_exemption=st.sampled_from(["none", "none", "small_business", "art_132", "art_135"]),
)


@given(supplies)
def test_every_supply_meets_exactly_one_consistent_decision(inputs: VatInputs) -> None:
    decision = decide_vat(inputs, RATES)
    if decision.treatment is Treatment.REVERSE_CHARGE:
        assert (decision.category, decision.vatex) == (VatCategory.REVERSE_CHARGE, "VATEX-EU-AE")
    elif decision.treatment is Treatment.EXEMPT:
        codes, exemptions = EXEMPTIONS[decision.rule]
        assert decision.category is VatCategory.EXEMPT
        assert decision.vatex in codes
        assert inputs.seller_exemption in exemptions
    elif decision.treatment is Treatment.OUTSIDE_EU:
        assert decision.category == inputs.non_eu_services_category
        assert decision.vatex == f"VATEX-EU-{inputs.non_eu_services_category}"
    else:
        assert decision.category is VatCategory.STANDARD
        assert decision.vatex is None
        assert decision.rate_territory is not None
        assert decision.rate_bp == RATES.rate_on(decision.rate_territory, inputs.supply_date).rate_bp > 0
    taxed = decision.category is VatCategory.STANDARD
    assert taxed == (decision.rate_bp > 0) == (decision.rate_id is not None) == (decision.legal_note is None)
    assert decision.rule
    assert decision.law
    assert decision.steps


@given(supplies)
def test_reverse_charge_only_with_valid_evidence_on_a_matching_number_across_a_border(inputs: VatInputs) -> None:
    decision = decide_vat(inputs, RATES)
    if decision.treatment is Treatment.REVERSE_CHARGE:
        number = find_vat_number(inputs.buyer_vat_number)
        buyer = territory_of(inputs.buyer_country, inputs.buyer_postal_code)
        assert inputs.evidence_state is VatNumberState.VALID
        assert inputs.is_business
        assert number is not None
        assert number.country == buyer.country == decision.country
        assert buyer.in_eu_vat
        assert buyer.country != territory_of(inputs.seller_country).country


@given(supplies)
def test_a_small_business_is_spared_its_own_states_vat_and_no_other(inputs: VatInputs) -> None:
    taxed = decide_vat(evolve(inputs, seller_exemption="none"), RATES)
    small = decide_vat(evolve(inputs, seller_exemption="small_business"), RATES)
    if taxed.treatment in (Treatment.DOMESTIC, Treatment.SELLER_COUNTRY):
        assert (small.treatment, small.rate_bp) == (Treatment.EXEMPT, 0)
        assert (small.review or not taxed.review) or Advisory.RATE_CHANGES_IN_PERIOD in taxed.advisories
    else:
        assert small == taxed


@given(supplies, st.sampled_from([None, False, "pending", "invalid", "never_checked"]))
def test_without_valid_evidence_nothing_is_ever_reverse_charged(inputs: VatInputs, evidence: Any) -> None:
    assert not decide_vat(evolve(inputs, evidence_state=evidence), RATES).reverse_charge


@given(supplies)
def test_a_decision_depends_on_nothing_but_its_inputs(inputs: VatInputs) -> None:
    assert decide_vat(evolve(inputs), RATES) == decide_vat(inputs, RATES.with_rows(()))


@given(supplies)
def test_contested_places_are_never_a_silent_guess(inputs: VatInputs) -> None:
    buyer = territory_of(inputs.buyer_country, inputs.buyer_postal_code)
    decision = decide_vat(inputs, RATES)
    if buyer.review and territory_of(inputs.seller_country).country != buyer.country:
        assert decision.review


def test_every_pair_of_countries_business_evidence_and_date() -> None:
    """All sellers × all buyers, with the buyer's own number: 27 × 250 × 2 × 4 × 4 decisions."""
    dates = [date(2020, 12, 31), date(2021, 1, 1), date(2025, 8, 1), date(2026, 11, 20)]
    for buyer in sorted(_COUNTRIES):
        number = NUMBERS.get(territory_of(buyer).country)
        for seller in sorted(MEMBER_STATES):
            for business in (True, False):
                for state in VatNumberState:
                    for day in dates:
                        inputs = VatInputs(
                            seller_country=seller,
                            buyer_country=buyer,
                            buyer_vat_number=number,
                            evidence_state=state,
                            is_business=business,
                            supply_date=day,
                        )
                        decision = decide_vat(inputs, RATES)
                        expected = (
                            business
                            and state is VatNumberState.VALID
                            and number is not None
                            and territory_of(buyer).in_eu_vat
                            and territory_of(buyer).country != seller
                        )
                        assert decision.reverse_charge is expected
