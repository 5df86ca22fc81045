"""What is exempt: what embassies buy, what some activities sell, and what small businesses sell at home."""

from __future__ import annotations

from attrs import evolve

from scaicontrol_core.tax.mentions import LegalNote, VatCategory, legal_note, tax_label
from scaicontrol_core.tax.vat_case import DIRECTIVE, Case, Grounds
from scaicontrol_core.tax.vat_decision import Step, Treatment, VatDecision
from scaicontrol_core.tenancy.seller import VatExemption

#: What the rules of a small business's sales to consumers abroad begin with: they count towards EUR 10,000 a year.
SMALL_BUSINESS, SMALL_BUSINESS_ABROAD = "small_business", "small_business_intra_eu"
#: The note and VATEX code of each exempt activity; art. 135's code is not known to Peppol, its words say the same.
_ACTIVITIES: dict[str, tuple[LegalNote, int, str | None]] = {
    VatExemption.PUBLIC_INTEREST.value: (LegalNote.EXEMPT_PUBLIC_INTEREST, 132, "VATEX-EU-132"),
    VatExemption.OTHER_ACTIVITY.value: (LegalNote.EXEMPT_OTHER_ACTIVITY, 135, None),
}


def exempt_buyer(case: Case) -> VatDecision | None:
    """Exempt what embassies, EU bodies and their like buy (art. 151)."""
    if not case.inputs.tax_exempt:
        return None
    law = f"{DIRECTIVE} Art. 151"
    step = Step("The buyer is exempt (embassy, EU body).", law)
    grounds = Grounds(treatment=Treatment.EXEMPT, rule="exempt_buyer", law=law, steps=(step,))
    return _exempt(case, case.buyer.country, grounds, LegalNote.EXEMPT_BUYER, "VATEX-EU-151")


def exempt_activity(case: Case) -> VatDecision | None:
    """Exempt what the seller sells by its activity (art. 132, 135), and have a person look where another state decides.

    Each member state words its own exemptions, and that of the place of supply counts.
    """
    found = _ACTIVITIES.get(case.inputs.seller_exemption)
    if found is None:
        return None
    note, article, vatex = found
    law = f"{DIRECTIVE} Art. {article}"
    step = Step("The seller's activity is exempt.", law)
    grounds = Grounds(
        treatment=Treatment.EXEMPT, rule="exempt_activity", law=law, steps=(step,), doubtful=case.is_cross_border
    )
    return _exempt(case, case.buyer.country, grounds, note, vatex)


def small_business(case: Case, grounds: Grounds) -> VatDecision | None:
    """Exempt what a small business supplies in its own state (art. 284), which would bear VAT on these ``grounds``."""
    if case.inputs.seller_exemption != VatExemption.SMALL_BUSINESS.value:
        return None
    law = f"{DIRECTIVE} Art. 284"
    at_home = evolve(
        grounds,
        treatment=Treatment.EXEMPT,
        rule=SMALL_BUSINESS_ABROAD if case.is_cross_border else SMALL_BUSINESS,
        law=law,
        steps=(*grounds.steps, Step("The seller is a small business and charges no VAT in its own state.", law)),
    )
    vatex = "VATEX-FR-FRANCHISE" if case.seller.country == "FR" else None
    return _exempt(case, case.seller.country, at_home, LegalNote.EXEMPT_SMALL_BUSINESS, vatex)


def _exempt(case: Case, country: str, grounds: Grounds, note: LegalNote, vatex: str | None) -> VatDecision:
    return VatDecision(
        treatment=grounds.treatment,
        category=VatCategory.EXEMPT,
        rate_bp=0,
        rate_id=None,
        country=country,
        rate_territory=None,
        vatex=vatex,
        legal_note=legal_note(note),
        label=tax_label(VatCategory.EXEMPT, 0),
        rule=grounds.rule,
        law=grounds.law,
        review=case.review or grounds.doubtful,
        steps=(case.first_step(), *grounds.steps),
        advisories=grounds.advisories,
    )
