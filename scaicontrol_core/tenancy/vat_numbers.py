"""Bring the VAT numbers of buyers and sellers into their canonical form before they are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from scaicontrol_core.kernel.errors import Invalid

if TYPE_CHECKING:
    from scaicontrol_core.tenancy.billing_profile import BillingDetails
    from scaicontrol_core.tenancy.ports import VatNumberCheck
    from scaicontrol_core.tenancy.seller import PartnerConfiguration


def checked_buyer(details: BillingDetails, vat_numbers: VatNumberCheck) -> BillingDetails:
    """Return the details with their VAT number in canonical form; ``Invalid`` if it is none of that country."""
    if details.vat_number is None:
        return details
    return details.with_vat_number(vat_numbers.normalise(details.vat_number, details.country_code, "/vat_number"))


def checked_seller(configuration: PartnerConfiguration, vat_numbers: VatNumberCheck) -> PartnerConfiguration:
    """Return the configuration with its VAT number in canonical form.

    Raises ``Invalid`` if it is none of the seller's country, or if there is no country to judge it by.
    """
    number, country = configuration.seller_vat_number, configuration.seller_country_code
    if number is None:
        return configuration
    if country is None:
        raise Invalid.field(
            "/seller_country_code", "A VAT number needs the country it is of.", code="seller_country_required"
        )
    return evolve(configuration, seller_vat_number=vat_numbers.normalise(number, country, "/seller_vat_number"))
