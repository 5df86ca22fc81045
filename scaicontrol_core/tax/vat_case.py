"""A supply as the rules look at it: its places looked up, its steps begun."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.tax.territory import Territory
from scaicontrol_core.tax.vat_decision import Advisory, Step, Treatment
from scaicontrol_core.tax.vat_inputs import VatInputs
from scaicontrol_core.tax.vat_rates import RateTable

DIRECTIVE = "Directive 2006/112/EC"


@frozen
class Case:
    """A supply with its places looked up and its VAT number judged."""

    inputs: VatInputs
    seller: Territory
    buyer: Territory
    rates: RateTable

    @property
    def is_cross_border(self) -> bool:
        """Tell whether seller and buyer are in different member states, as VAT sees them."""
        return self.buyer.country != self.seller.country

    @property
    def review(self) -> bool:
        """Tell whether one of the places is contested; a place its own state taxes is clear to that state."""
        settled = self.buyer.home_state_taxes and not self.is_cross_border
        return self.seller.review or (self.buyer.review and not settled)

    def first_step(self) -> Step:
        """Say where the two parties stand."""
        text = f"The seller is in {named(self.seller)}, the buyer in {named(self.buyer)}."
        return Step(text, f"{DIRECTIVE} Art. 5 to 7" if self.buyer.place else None)


@frozen(kw_only=True)
class Grounds:
    """Why a rule charges VAT; ``doubtful`` where the facts contradict each other."""

    treatment: Treatment
    rule: str
    law: str
    steps: tuple[Step, ...]
    advisories: tuple[Advisory, ...] = ()
    doubtful: bool = False


def named(territory: Territory) -> str:
    """Return a place as a step names it."""
    return f"{territory.place} ({territory.country})" if territory.place else territory.country
