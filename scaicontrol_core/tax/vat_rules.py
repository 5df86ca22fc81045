"""The rules of VAT on digital services, in the order in which the law asks: the first that applies decides.

Outside the EU; exempt activity; reverse charge; exempt buyer; domestic; the seller's country below
the threshold (both exempt from a small business); else the buyer's. Every supply meets exactly one.
Another rule is another function in ``_RULES``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.tax.exemptions import exempt_activity, exempt_buyer, small_business
from scaicontrol_core.tax.mentions import LegalNote, VatCategory, legal_note, tax_label
from scaicontrol_core.tax.territory import Territory, territory_of
from scaicontrol_core.tax.vat_case import DIRECTIVE, Case, Grounds, named
from scaicontrol_core.tax.vat_decision import Advisory, Step, Treatment, VatDecision
from scaicontrol_core.tax.vat_id import VatNumber, find_vat_number
from scaicontrol_core.tax.vat_inputs import VatInputs
from scaicontrol_core.tax.vat_rates import RateTable
from scaicontrol_core.tenancy.vat_evidence import VatNumberState

#: EUR 10,000 a year, in cents (Directive 2006/112/EC art. 59c), and the 80% at which we warn.
B2C_THRESHOLD_CENTS = 1_000_000
_NEAR_THRESHOLD_CENTS = B2C_THRESHOLD_CENTS * 8 // 10
#: The end of the transition period; before it the United Kingdom counted as a member state.
_UK_LEFT = date(2021, 1, 1)
_REGULATION = "Regulation (EU) 282/2011"
_NOTES = {key: legal_note(key) for key in LegalNote}


def decide_vat(inputs: VatInputs, rates: RateTable) -> VatDecision:
    """Return the one decision that applies. Pure: the same inputs and rates give the same decision.

    Raises ``UnknownRate`` if the table has no rate for the place and date, and ``Invalid``
    (``seller_outside_eu``) for a seller whose VAT is not the EU's.
    """
    seller = territory_of(inputs.seller_country, inputs.seller_postal_code, pointer="/seller_country")
    buyer = territory_of(inputs.buyer_country, inputs.buyer_postal_code, pointer="/buyer_country")
    if not seller.can_sell:
        raise Invalid.field(
            "/seller_country",
            f"A seller in {named(seller)} is outside the VAT territory of the EU: its VAT is not decided here.",
            code="seller_outside_eu",
        )
    case = Case(inputs, seller, buyer, rates)
    for rule in _RULES:
        decision = rule(case)
        if decision is not None:
            return decision
    return _destination(case)


def _outside_eu(case: Case) -> VatDecision | None:
    """Leave untaxed what is supplied outside the VAT territory of the EU (art. 44, 58)."""
    if case.buyer.is_taxed_from(case.seller):
        return None
    inputs = case.inputs
    category = VatCategory(inputs.non_eu_services_category)
    article, note = (44, LegalNote.OUTSIDE_EU_BUSINESS) if inputs.is_business else (58, LegalNote.OUTSIDE_EU_CONSUMER)
    return VatDecision(
        treatment=Treatment.OUTSIDE_EU,
        category=category,
        rate_bp=0,
        rate_id=None,
        country=case.buyer.country,
        rate_territory=None,
        vatex=f"VATEX-EU-{category.value}",
        legal_note=_NOTES[note],
        label=tax_label(category, 0),
        rule="outside_eu",
        law=f"{DIRECTIVE} Art. {article}",
        review=case.review or (case.buyer.country == "GB" and inputs.supply_date < _UK_LEFT),
        steps=(case.first_step(), Step("The place of supply is outside the VAT territory of the EU: no EU VAT.")),
        advisories=(Advisory.LOCAL_TAX_POSSIBLE,),
    )


def _reverse_charge(case: Case) -> VatDecision | None:
    """Let a business of another member state with a verified number owe the VAT itself (art. 44, 196)."""
    inputs = case.inputs
    if inputs.tax_exempt and inputs.exempt_before_reverse_charge:
        return None
    if not (case.is_cross_border and inputs.is_business and inputs.evidence_state is VatNumberState.VALID):
        return None
    number = find_vat_number(inputs.buyer_vat_number)
    if number is None or number.country != case.buyer.country:
        return None
    proof = Step(f"{number} is verified and of the buyer's country: a taxable person.", f"{_REGULATION} Art. 18(1)")
    return VatDecision(
        treatment=Treatment.REVERSE_CHARGE,
        category=VatCategory.REVERSE_CHARGE,
        rate_bp=0,
        rate_id=None,
        country=case.buyer.country,
        rate_territory=None,
        vatex="VATEX-EU-AE",
        legal_note=_NOTES[LegalNote.REVERSE_CHARGE],
        label=tax_label(VatCategory.REVERSE_CHARGE, 0),
        rule="intra_eu_reverse_charge",
        law=f"{DIRECTIVE} Art. 44 and 196",
        review=case.review,
        steps=(case.first_step(), proof, Step("The buyer accounts for the VAT.", f"{DIRECTIVE} Art. 196")),
    )


def _domestic(case: Case) -> VatDecision | None:
    """Charge the VAT of the member state both are in, whatever number the buyer shows (art. 44, 45, 193)."""
    if case.is_cross_border:
        return None
    law = f"{DIRECTIVE} Art. {44 if case.inputs.is_business else 45} and 193"
    step = Step("Seller and buyer are in the same member state.", law)
    grounds = Grounds(treatment=Treatment.DOMESTIC, rule="domestic", law=law, steps=(step,))
    return small_business(case, grounds) or _taxed(case, case.buyer, grounds)


def _seller_country(case: Case) -> VatDecision | None:
    """Charge consumers abroad the seller's VAT up to EUR 10,000 a year, without One Stop Shop (art. 59c)."""
    turnover = _b2c_turnover(case.inputs)
    if case.inputs.oss_registered or turnover > B2C_THRESHOLD_CENTS:
        return None
    law = f"{DIRECTIVE} Art. 59c"
    status, advisories, doubtful = _not_a_verified_business(case)
    step = Step("Sales to consumers of other member states stay within EUR 10,000 a year, no One Stop Shop.", law)
    if turnover >= _NEAR_THRESHOLD_CENTS:
        advisories = (*advisories, Advisory.THRESHOLD_NEAR)
    grounds = Grounds(
        treatment=Treatment.SELLER_COUNTRY,
        rule="intra_eu_seller_country",
        law=law,
        steps=(status, step),
        advisories=advisories,
        doubtful=doubtful,
    )
    return small_business(case, grounds) or _taxed(case, case.seller, grounds)


def _destination(case: Case) -> VatDecision:
    """Charge a consumer, or a business not shown to be one, the VAT of its own country (art. 58)."""
    law = f"{DIRECTIVE} Art. 58"
    if case.inputs.is_business:
        law += f"; {_REGULATION} Art. 18(2)"
    status, advisories, doubtful = _not_a_verified_business(case)
    if case.inputs.oss_registered:
        step = Step("The seller declares in the One Stop Shop.", f"{DIRECTIVE} Art. 369b")
    else:
        step = Step("Sales to consumers of other member states exceed EUR 10,000 a year.", f"{DIRECTIVE} Art. 59c")
        advisories = (*advisories, Advisory.REGISTRATION_DUE)
    grounds = Grounds(
        treatment=Treatment.DESTINATION,
        rule="intra_eu_destination",
        law=law,
        steps=(status, step),
        advisories=advisories,
        doubtful=doubtful,
    )
    return _taxed(case, case.buyer, grounds)


_RULES: tuple[Callable[[Case], VatDecision | None], ...] = (
    _outside_eu,
    exempt_activity,
    _reverse_charge,
    exempt_buyer,
    _domestic,
    _seller_country,
)


def _taxed(case: Case, place: Territory, grounds: Grounds) -> VatDecision:
    """Charge the standard rate of a place on the date of supply."""
    inputs = case.inputs
    rate = case.rates.rate_on(place.rate_territory or place.country, inputs.supply_date)
    rated = Step(f"{rate.percent}% of {rate.territory} on {inputs.supply_date} (row {rate.rate_id}).", rate.source)
    period, changes = inputs.service_period, False
    if period is not None:
        changes = bool(case.rates.changes_between(rate.territory, period.start, period.end))
    return VatDecision(
        treatment=grounds.treatment,
        category=VatCategory.STANDARD,
        rate_bp=rate.rate_bp,
        rate_id=rate.rate_id,
        country=place.country,
        rate_territory=rate.territory,
        vatex=None,  # EN 16931 BR-S-10 forbids one
        legal_note=None,
        label=tax_label(VatCategory.STANDARD, rate.rate_bp),
        rule=grounds.rule,
        law=grounds.law,
        review=case.review or grounds.doubtful or changes,
        steps=(case.first_step(), *grounds.steps, rated),
        advisories=(*grounds.advisories, Advisory.RATE_CHANGES_IN_PERIOD) if changes else grounds.advisories,
    )


def _not_a_verified_business(case: Case) -> tuple[Step, tuple[Advisory, ...], bool]:
    """Say why the reverse charge did not apply, and whether the facts contradict each other."""
    inputs, law = case.inputs, f"{_REGULATION} Art. 18(2)"
    if not inputs.is_business:
        return Step("The buyer is a consumer."), (), False
    if not inputs.buyer_vat_number:
        return Step("The buyer shows no VAT number and counts as a consumer.", law), (), False
    number = find_vat_number(inputs.buyer_vat_number)
    vouched_for = inputs.evidence_state is VatNumberState.VALID
    if number is None:
        step = Step("The VAT number fails its format or checksum: the buyer counts as a consumer.", law)
        return step, (Advisory.VAT_NUMBER_INVALID,), vouched_for
    if number.country != case.buyer.country:
        return _foreign_number(number, case.buyer), (Advisory.VAT_NUMBER_COUNTRY_MISMATCH,), True
    if inputs.evidence_state is VatNumberState.INVALID:
        step = Step("The register does not know the VAT number: the buyer counts as a consumer.", law)
        return step, (Advisory.VAT_NUMBER_REFUSED,), False
    step = Step("The VAT number is not verified: VAT is charged until it is.", law)
    return step, (Advisory.VAT_NUMBER_NOT_VERIFIED,), False


def _foreign_number(number: VatNumber, buyer: Territory) -> Step:
    return Step(f"{number} is not a VAT number of {named(buyer)}: ask the buyer; until then no reverse charge.")


def _b2c_turnover(inputs: VatInputs) -> int:
    """Return the year that counts: this one with this supply, or the last if it was the larger."""
    this_year = inputs.b2c_cross_border_turnover_cents + max(inputs.supply_net_cents, 0)
    return max(this_year, inputs.b2c_cross_border_turnover_last_year_cents)
