"""What can go wrong with commissions, each with its stable code."""

from __future__ import annotations

from scaicontrol_core.kernel.errors import Conflict, FieldError, Invalid


class CommissionSettled(Conflict):
    """A statement is settled once."""

    code = "commission_settled"

    def __init__(self, month: str, invoice_id: str) -> None:
        super().__init__(f"The commission of {month} stands on {invoice_id} already.")


class CommissionClosed(Conflict):
    """Another worker closed the month first."""

    code = "commission_closed"

    def __init__(self, month: str) -> None:
        super().__init__(f"The commissions of {month} are closed already.", hint="Read them again.")


class NoCommissions(Invalid):
    """The operator sells for itself and earns no commission."""

    code = "operator_earns_no_commission"

    def __init__(self) -> None:
        super().__init__(
            "The operator earns no commission.",
            fields=(FieldError("/partner_id", "name a partner that is not the operator"),),
        )
