"""The VAT decisions of a draft: what they rest on, one for each supply, and what the document keeps of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from scaicontrol_core.billing.errors import VatEvidencePending
from scaicontrol_core.kernel.events import to_json
from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.tax import Advisory, VatInputs, decide_vat
from scaicontrol_core.tax.exchange_rates import EURO
from scaicontrol_core.tenancy.seller import UnverifiedVatNumberPolicy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from scaicontrol_core.billing.facts import Facts
    from scaicontrol_core.kernel.period import Period
    from scaicontrol_core.tax import VatDecision
    from scaicontrol_core.tax.exchange_rates import CrossRate

#: What a frozen document keeps of the decisions' inputs.
_KEPT_INPUTS = (
    "seller_country",
    "seller_postal_code",
    "buyer_country",
    "buyer_postal_code",
    "buyer_vat_number",
    "is_business",
    "tax_exempt",
    "oss_registered",
    "b2c_cross_border_turnover_cents",
    "b2c_cross_border_turnover_last_year_cents",
    "supply_net_cents",
    "non_eu_services_category",
    "exempt_before_reverse_charge",
    "seller_exemption",
)


@frozen
class Decided:
    """What the decisions of a draft have in common, and the decision of each line in order."""

    inputs: VatInputs
    decisions: tuple[VatDecision, ...]

    @property
    def kept_inputs(self) -> dict[str, Any]:
        """The inputs as the frozen document keeps them; dates stand on the lines, evidence beside."""
        return {name: getattr(self.inputs, name) for name in _KEPT_INPUTS}


def decide_lines(facts: Facts, rate: CrossRate | None, supplies: Sequence[tuple[date, Period | None]]) -> Decided:
    """Decide VAT line by line, by tax point and period; ``rate`` converts what is not in the seller's own currency.

    Raises ``VatEvidencePending`` and what the tax engine raises.
    """
    inputs = _inputs(facts, rate)
    decisions = _decide(facts, inputs, supplies)
    _require_proof(facts, decisions)
    return Decided(inputs, decisions)


def _inputs(facts: Facts, rate: CrossRate | None) -> VatInputs:
    """Return what the decisions of all lines have in common; each line adds its own dates."""
    seller, buyer = facts.seller.configuration, facts.buyer.details
    return VatInputs(
        seller_country=seller.seller_country_code or "",
        seller_postal_code=seller.seller_postal_code,
        buyer_country=buyer.country_code,
        buyer_postal_code=buyer.postal_code,
        buyer_vat_number=buyer.vat_number,
        evidence_state=facts.evidence.state,
        is_business=buyer.is_business,
        tax_exempt=buyer.tax_exempt,
        supply_date=local_date(facts.now, seller.billing_timezone),
        oss_registered=seller.oss_registered,
        b2c_cross_border_turnover_cents=seller.b2c_cross_border_turnover_cents + facts.turnover_cents,
        b2c_cross_border_turnover_last_year_cents=(
            seller.b2c_cross_border_turnover_last_year_cents + facts.turnover_last_year_cents
        ),
        supply_net_cents=_net_in_euro(facts, rate),
        non_eu_services_category=seller.non_eu_services_category.value,
        exempt_before_reverse_charge=seller.exempt_before_reverse_charge,
        seller_exemption=seller.vat_exemption.value,
    )


def _net_in_euro(facts: Facts, rate: CrossRate | None) -> int:
    """Return what the draft adds to the turnover that art. 59c limits, in euro cents.

    Nothing if neither it nor its seller counts in euro: other money is no euro, and without a
    rate nobody knows how much of it (``consumer_net_cents`` counts by the same rule).
    """
    net = facts.invoice.lines_net_cents
    if facts.invoice.currency == EURO:
        return net
    return rate.convert(net) if rate is not None and rate.own_currency == EURO else 0


def _decide(facts: Facts, inputs: VatInputs, supplies: Sequence[tuple[date, Period | None]]) -> tuple[VatDecision, ...]:
    """Decide once per distinct supply date and period: lines of one document differ in nothing else."""
    decided: dict[tuple[date, Period | None], VatDecision] = {}
    for day, period in supplies:
        if (day, period) not in decided:
            decided[day, period] = decide_vat(evolve(inputs, supply_date=day, service_period=period), facts.rules.rates)
    return tuple(decided[supply] for supply in supplies)


def _require_proof(facts: Facts, decisions: tuple[VatDecision, ...]) -> None:
    """Let nothing be charged only for want of proof where the seller would rather wait for it."""
    if facts.seller.configuration.unverified_vat_number_policy is not UnverifiedVatNumberPolicy.HOLD:
        return
    if any(Advisory.VAT_NUMBER_NOT_VERIFIED in decision.advisories for decision in decisions):
        raise VatEvidencePending(facts.buyer.details.vat_number or "", facts.tenant.id if facts.tenant else None)


def vat_evidence(facts: Facts) -> dict[str, Any] | None:
    """Return what was known of the buyer's VAT number: the proof a reverse charge rests on."""
    number, evidence, counting = facts.buyer.details.vat_number, facts.buyer.vat_evidence, facts.evidence
    if number is None:
        return None
    return {
        "vat_number": number,
        "state": counting.state.value,
        "source": evidence.source.value,
        "checked_at": to_json(evidence.checked_at),
        "reference": evidence.reference,
        "stale": counting.stale,
    }
