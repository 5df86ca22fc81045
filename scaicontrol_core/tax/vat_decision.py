"""The VAT decision: what applies to a supply, why, and by which law.

The value and its words are here; ``vat_rules`` takes the decision. The sale of digital
services by a seller established in the EU is the scope.
"""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from scaicontrol_core.kernel.money import format_minor
from scaicontrol_core.tax.mentions import VatCategory


class Treatment(StrEnum):
    """How VAT treats a supply; exports and reports are mapped from this, never from the letter."""

    DOMESTIC = "domestic"
    REVERSE_CHARGE = "reverse_charge"
    DESTINATION = "destination"
    SELLER_COUNTRY = "seller_country"
    OUTSIDE_EU = "outside_eu"
    EXEMPT = "exempt"


class Advisory(StrEnum):
    """What the seller should know about a decision; never a reason to refuse it."""

    VAT_NUMBER_INVALID = "vat_number_invalid"
    VAT_NUMBER_COUNTRY_MISMATCH = "vat_number_country_mismatch"
    VAT_NUMBER_NOT_VERIFIED = "vat_number_not_verified"
    """Not checked, or no answer yet: VAT is charged now, a credit can follow."""
    VAT_NUMBER_REFUSED = "vat_number_refused"
    """The register says it is not valid."""
    THRESHOLD_NEAR = "oss_threshold_near"
    """80% of EUR 10,000 a year to consumers of other member states."""
    REGISTRATION_DUE = "oss_registration_due"
    """Above EUR 10,000 without One Stop Shop: register there, or in the shop."""
    LOCAL_TAX_POSSIBLE = "local_tax_possible"
    """Outside the EU a local tax may be due from the seller; it is not computed."""
    RATE_CHANGES_IN_PERIOD = "rate_changes_in_period"


@frozen
class Step:
    """One step of the reasoning, in English, and the law it rests on."""

    text: str
    law: str | None = None


@frozen(kw_only=True)
class VatDecision:
    """What applies to one supply.

    ``rate_bp`` is in basis points; ``rate_id`` names the row of the rate table, None where no
    rate applies. ``country`` is where the supply is taxed (for ``outside_eu``: where the buyer
    is). ``vatex`` is the EN 16931 exemption reason, ``legal_note`` and ``label`` are canonical
    English. ``rule`` and ``law`` say why, ``steps`` how it came about; ``review`` asks for a
    person's eye where the law is contested or the facts contradict each other.
    """

    treatment: Treatment
    category: VatCategory
    rate_bp: int
    rate_id: str | None
    country: str
    rate_territory: str | None
    vatex: str | None
    legal_note: str | None
    label: str
    rule: str
    law: str
    review: bool
    steps: tuple[Step, ...]
    advisories: tuple[Advisory, ...] = ()

    @property
    def reverse_charge(self) -> bool:
        """Tell whether the buyer owes the VAT."""
        return self.treatment is Treatment.REVERSE_CHARGE

    @property
    def rate(self) -> str:
        """The rate as documents write it: ``21.00``."""
        return format_minor(self.rate_bp, 2)
