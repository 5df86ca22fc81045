"""Everything a VAT decision depends on, and nothing else."""

from __future__ import annotations

from datetime import date, datetime

from attrs import field, frozen

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.tax.evidence import evidence_state
from scaicontrol_core.tax.mentions import VatCategory
from scaicontrol_core.tax.territory import territory_of
from scaicontrol_core.tenancy.seller import VatExemption
from scaicontrol_core.tenancy.vat_evidence import VatNumberState

_NON_EU_CATEGORIES = ("G", "O")
_EXEMPTIONS = tuple(exemption.value for exemption in VatExemption)


@frozen(kw_only=True)
class VatInputs:
    """One supply of digital services, as the law sees it.

    The seller is established at ``seller_country`` (and postal code, for the Azores and their
    like). ``evidence_state`` is what is known about ``buyer_vat_number``; True, False and None
    stand for valid, invalid and never checked. ``supply_date`` is the tax point
    (``tax_point``), ``service_period`` the period it pays for, if it has one.

    ``b2c_cross_border_turnover_cents`` is what the seller sold to consumers of other member
    states this calendar year, before this supply, in euro cents net of VAT; ``supply_net_cents``
    is this supply itself, so that the one which crosses EUR 10,000 is known. The turnover of
    last year counts by itself. ``seller_exemption`` is a word of ``VatExemption``.

    Raises ``Invalid`` for an unknown country, category or a time where a date belongs.
    """

    seller_country: str
    buyer_country: str
    supply_date: date
    seller_postal_code: str | None = None
    buyer_postal_code: str | None = None
    buyer_vat_number: str | None = None
    evidence_state: VatNumberState = field(default=VatNumberState.NEVER_CHECKED, converter=evidence_state)
    is_business: bool = False
    tax_exempt: bool = False
    service_period: Period | None = None
    oss_registered: bool = False
    b2c_cross_border_turnover_cents: int = 0
    b2c_cross_border_turnover_last_year_cents: int = 0
    supply_net_cents: int = 0
    non_eu_services_category: str = VatCategory.EXPORT.value
    exempt_before_reverse_charge: bool = False
    seller_exemption: str = VatExemption.NONE.value

    def __attrs_post_init__(self) -> None:
        """Refuse what no decision could be taken on."""
        territory_of(self.seller_country, pointer="/seller_country")
        territory_of(self.buyer_country, pointer="/buyer_country")
        if isinstance(self.supply_date, datetime):  # a datetime is a date to Python, but does not compare with one
            raise Invalid.field("/supply_date", "The date of supply is a calendar date.", code="date_invalid")
        if self.non_eu_services_category not in _NON_EU_CATEGORIES:
            raise Invalid.field(
                "/non_eu_services_category",
                f"{self.non_eu_services_category!r} is neither G nor O.",
                code="choice_unknown",
            )
        if self.seller_exemption not in _EXEMPTIONS:
            message = f"{self.seller_exemption!r} is none of {', '.join(_EXEMPTIONS)}."
            raise Invalid.field("/seller_exemption", message, code="choice_unknown")
