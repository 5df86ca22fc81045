"""How a decision reads the evidence on a buyer's VAT number.

Evidence has four states, because an outage of the register is not a "no": never checked,
pending (asked, no answer yet), valid, invalid. Only valid evidence carries a reverse charge.
The evidence itself is kept with the buyer's billing profile (``VatNumberEvidence``).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.tenancy.vat_evidence import VatEvidenceSource, VatNumberEvidence, VatNumberState

#: For how long a number once found valid is relied upon before it must be asked for again.
DEFAULT_VALID_DAYS = 30


def evidence_state(told: VatNumberState | str | bool | None) -> VatNumberState:  # noqa: FBT001  # a yes is a yes
    """Return the state that a bare yes, no or don't-know stands for; a state or its name stays itself.

    Raises ``Invalid`` (``choice_unknown``) for anything else.
    """
    if isinstance(told, VatNumberState):
        return told
    if told is None:
        return VatNumberState.NEVER_CHECKED
    if isinstance(told, bool):
        return VatNumberState.VALID if told else VatNumberState.INVALID
    try:
        return VatNumberState(told)
    except ValueError:
        allowed = ", ".join(state.value for state in VatNumberState)
        raise Invalid.field("/evidence_state", f"{told!r} is not one of {allowed}.", code="choice_unknown") from None


def is_stale(evidence: VatNumberEvidence, now: datetime, *, valid_days: int = DEFAULT_VALID_DAYS) -> bool:
    """Tell whether the evidence should be asked for again; until the answer comes it still holds.

    An operator's own attestation does not age: its reason does not depend on the register.
    """
    if evidence.source is VatEvidenceSource.OPERATOR_ATTESTED:
        return False
    return evidence.checked_at is None or now - evidence.checked_at > timedelta(days=valid_days)
