"""What is known about a buyer's VAT number, and from whom.

The state has four values because an outage of the register is not a "no": only a number that
was found valid may carry a reverse charge (Implementing Regulation 282/2011, art. 18(1)).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

from scaicontrol_core.kernel.checks import check_fields, choice, maybe_text


class VatNumberState(StrEnum):
    """What the last check of the number said."""

    NEVER_CHECKED = "never_checked"
    PENDING = "pending"
    """Asked, no answer yet: the register was down or busy."""
    VALID = "valid"
    INVALID = "invalid"


class VatEvidenceSource(StrEnum):
    """Who says so."""

    NONE = "none"
    VIES = "vies"
    """The Commission's register."""
    OPERATOR_ATTESTED = "operator_attested"
    """The seller's own word, with a reason: other proof of business status counts too."""


_CHECKS = {
    "state": choice(VatNumberState),
    "source": choice(VatEvidenceSource),
    "reference": maybe_text(100),
    "note": maybe_text(500),
}


@frozen(kw_only=True)
class VatNumberEvidence:
    """The evidence kept beside a VAT number; replaced as a whole, never edited.

    ``reference`` is the consultation number of VIES, or that of the seller's own file;
    ``note`` is the reason of an attestation.
    """

    state: VatNumberState = VatNumberState.NEVER_CHECKED
    source: VatEvidenceSource = VatEvidenceSource.NONE
    checked_at: datetime | None = field(default=None)
    reference: str | None = None
    note: str | None = None

    def __attrs_post_init__(self) -> None:
        """Clean the texts and refuse unknown words."""
        check_fields(self, _CHECKS)

    @property
    def is_valid(self) -> bool:
        """Tell whether the number was found valid."""
        return self.state is VatNumberState.VALID


NEVER_CHECKED = VatNumberEvidence()
