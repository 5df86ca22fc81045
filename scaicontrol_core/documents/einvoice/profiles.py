"""What distinguishes the five formats: identifiers, and who may be addressed how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from scaicontrol_core.tenancy.fields import EInvoiceFormat

PEPPOL_BILLING = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
EN16931 = "urn:cen.eu:en16931:2017"


@frozen(kw_only=True)
class Profile:
    """A specification on top of EN 16931.

    ``specification_id`` is BT-24, ``process_id`` BT-23. ``is_peppol``: sent over the Peppol
    network, whose rules and address list apply. ``is_xrechnung``: the German CIUS.
    ``needs_reference``: BT-10 is mandatory.
    """

    specification_id: str
    process_id: str | None = None
    is_peppol: bool = False
    is_xrechnung: bool = False

    @property
    def needs_reference(self) -> bool:
        """Tell whether BT-10 must be there (PEPPOL-EN16931-R003, BR-DE-15)."""
        return self.is_peppol or self.is_xrechnung


_PLAIN = Profile(specification_id=EN16931)
_PROFILES = {
    EInvoiceFormat.UBL: Profile(
        specification_id=f"{EN16931}#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
        process_id=PEPPOL_BILLING,
        is_peppol=True,
    ),
    EInvoiceFormat.XRECHNUNG: Profile(
        specification_id=f"{EN16931}#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0",
        process_id=PEPPOL_BILLING,
        is_xrechnung=True,
    ),
    EInvoiceFormat.CII: _PLAIN,
    # The EN 16931 profile of Factur-X and ZUGFeRD is the standard itself: the same plain identifier.
    EInvoiceFormat.ZUGFERD: _PLAIN,
    EInvoiceFormat.FACTURX: _PLAIN,
}


def profile_of(einvoice_format: EInvoiceFormat) -> Profile:
    """Return what the format asks for."""
    return _PROFILES[einvoice_format]


def is_under_german_rules(document: Mapping[str, Any], profile: Profile) -> bool:
    """Tell whether XRechnung's demands apply: in it, and in Peppol between two Germans (DE-R-…)."""
    countries = document["seller"]["country_code"], document["buyer"]["country_code"]
    return profile.is_xrechnung or (profile.is_peppol and countries == ("DE", "DE"))
