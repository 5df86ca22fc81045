"""How a decision reads the evidence on a buyer's VAT number.

Evidence has four states, because an outage of the register is not a "no": never checked,
pending (asked, no answer yet), valid, invalid. Only valid evidence carries a reverse charge.
The evidence itself is kept with the buyer's billing profile (``VatNumberEvidence``), and what of
it counts at an instant is for ``counting_evidence`` to say.
"""

from __future__ import annotations

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.tenancy.vat_evidence import VatNumberState


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
