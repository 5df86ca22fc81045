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


class SelfBillingNotAgreed(Conflict):
    """Nobody writes invoices in another's name without that other's agreement (Directive 2006/112/EC art. 224)."""

    code = "self_billing_not_agreed"

    def __init__(self, partner_id: str) -> None:
        super().__init__(
            f"Partner {partner_id} has not agreed to self-billing, so its commission can't be invoiced in its name.",
            fields=(FieldError("/self_billing_agreed_on", "record the day of the agreement"),),
            hint=f"PATCH /api/v1/admin/partners/{partner_id} with self_billing_agreed_on, then run the billing again.",
        )
