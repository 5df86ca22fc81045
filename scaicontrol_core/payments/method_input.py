"""A mandate as somebody records it, checked before anything is read."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from attrs import field, frozen

from scaicontrol_core.kernel.checks import Findings, check_fields, flag, maybe, required, worded
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.sepa import EEA, SEPA_BEYOND_EEA
from scaicontrol_core.tenancy.fields import require_bic, require_iban

MAX_MANDATE_REFERENCE = 35
MAX_DEBTOR_NAME = 70
FIRST_SIGNED = date(2000, 1, 1)
#: What SEPA messages carry in references (EPC217-08, 1.4): no slash at either end, nor two of them.
_REFERENCE = re.compile(r"(?!/)(?!.*//)[A-Za-z0-9+?/:().,'\- ]{1,35}(?<!/)")


@frozen(kw_only=True)
class NewPaymentMethod:
    """A SEPA direct debit mandate; ``make_default``: the customer pays with it unless said otherwise.

    Raises ``Invalid`` with every wrong field. What is said of a wrong account does not repeat it.
    """

    mandate_reference: str
    debtor_name: str
    iban: str = field(repr=False)
    signed_on: date
    bic: str | None = None
    make_default: bool = False

    def __attrs_post_init__(self) -> None:
        """Clean the fields, and require the bank where SEPA does."""
        check_fields(
            self,
            {
                "mandate_reference": worded(_require_reference),
                "debtor_name": required(MAX_DEBTOR_NAME),
                "iban": worded(_require_account),
                "bic": maybe(worded(require_bic)),
                "make_default": flag,
            },
        )
        findings = Findings()
        if self.bic is None and self.iban[:2] not in EEA:
            findings.note("/bic", "An account outside the EEA needs its bank's BIC.", "bic_required")
        findings.raise_if_any()


def require_signed(signed_on: date, today: date) -> None:
    """Raise ``Invalid`` (``signed_on_invalid``) for a day to come, by the seller's calendar, or long past."""
    if not FIRST_SIGNED <= signed_on <= today:
        raise Invalid.field(
            "/signed_on", f"Name today ({today}) or an earlier day since 2000.", code="signed_on_invalid"
        )


def _require_reference(value: Any, pointer: str) -> str:
    trimmed = str(value).strip()
    if not _REFERENCE.fullmatch(trimmed):
        raise Invalid.field(
            pointer,
            f"This is no reference of 1 to {MAX_MANDATE_REFERENCE} of A-Z, a-z, 0-9, space and +?/:().,'-.",
            code="mandate_reference_invalid",
        )
    return trimmed


def _require_account(value: Any, pointer: str) -> str:
    try:
        account = require_iban(str(value), pointer)
    except Invalid:
        raise Invalid.field(pointer, "This is not a valid IBAN.", code="iban_invalid") from None
    if account[:2] not in EEA | SEPA_BEYOND_EEA:
        raise Invalid.field(pointer, "Accounts of this country are outside SEPA.", code="iban_outside_sepa")
    return account
