"""What can go wrong with an invoice, each with its stable code."""

from __future__ import annotations

from datetime import date

from scaicontrol_core.kernel.errors import Conflict, FieldError, Forbidden, Invalid, Refused


class InvoiceImmutable(Refused):
    """A finalized document can't be edited: corrections are credit notes."""

    code = "invoice_immutable"

    def __init__(self, number: str | None, status: str) -> None:
        super().__init__(
            f"Invoice {number or '(voided draft)'} is {status} and can no longer be edited.",
            fields=(FieldError("/status", f"{status}: only a draft can be edited"),),
            hint="Issue a credit note and a new invoice.",
        )


class EmptyInvoice(Invalid):
    """An invoice says what it is for."""

    code = "invoice_without_lines"

    def __init__(self) -> None:
        super().__init__("The draft has no lines.", fields=(FieldError("/lines", "add at least one line"),))


class PartnerDocument(Conflict):
    """What passes between the operator and a partner is no customer's."""

    code = "partner_document"

    def __init__(self, number: str | None) -> None:
        super().__init__(f"{number or 'This document'} is between the operator and a partner, and no customer's.")


class SellerNotBillable(Conflict):
    """The seller lacks what an invoice must show about it."""

    code = "seller_not_billable"

    def __init__(self, partner_id: str, missing: tuple[str, ...]) -> None:
        super().__init__(
            f"Partner {partner_id} cannot issue invoices yet: {', '.join(missing)} missing.",
            fields=tuple(FieldError(f"/seller/{name}", "set this in the partner's configuration") for name in missing),
            hint=f"PATCH /api/v1/admin/partners/{partner_id}, then finalize again.",
        )


class NotCreditable(Refused):
    """Only an invoice that was issued and still stands can be credited.

    Codes: ``invoice_not_finalized``, ``invoice_void``, ``not_an_invoice`` (a credit note).
    """

    code = "not_an_invoice"


class InvoiceFullyCredited(Conflict):
    """Nothing of the invoice is left to credit."""

    code = "invoice_fully_credited"


class CreditExceedsInvoice(Conflict):
    """A credit note never takes back more than is left; each field says how much that is."""

    code = "credit_exceeds_invoice"

    def __init__(self, *fields: FieldError) -> None:
        super().__init__(
            "That is more than is left to credit.",
            fields=fields,
            hint="Credit at most what is left, or leave the amount out to credit all of it.",
        )


class CreditCharges(Refused):
    """What was chosen would make the buyer owe more: that is an invoice's business, not a credit note's."""

    code = "credit_charges"

    def __init__(self) -> None:
        super().__init__(
            "Taken together these lines would make the buyer owe more.",
            fields=(FieldError("/lines", "a discount is taken back together with what it was given on"),),
            hint="Invoice the difference, or credit the charges too.",
        )


class CreditNoteFinal(Refused):
    """A credit note is not taken back: the invoice counts on it."""

    code = "credit_note_final"

    def __init__(self, number: str | None) -> None:
        super().__init__(
            f"Credit note {number} cannot be voided.", hint="Issue a new invoice for what it took back by mistake."
        )


class InvoiceCredited(Refused):
    """An invoice that credit notes refer to is not voided: it would be taken back twice."""

    code = "invoice_credited"

    def __init__(self, number: str | None) -> None:
        super().__init__(
            f"Invoice {number} has credit notes and cannot be voided.", hint="Credit what is left of it instead."
        )


class InvoiceHasPayments(Refused):
    """An invoice that holds money of the customer's is not voided."""

    code = "invoice_has_payments"

    def __init__(self, number: str | None) -> None:
        super().__init__(
            f"Payments were recorded for invoice {number}, and it cannot be voided.",
            hint="Credit it, and refund what was paid.",
        )


class NotPayable(Refused):
    """Only an invoice that was issued and still stands can be paid.

    Codes: ``invoice_not_finalized``, ``invoice_void``, ``not_an_invoice`` (a credit note).
    """

    code = "not_an_invoice"


class RefundExceedsPayments(Conflict):
    """Nobody gets back more than was paid and not refunded yet."""

    code = "refund_exceeds_payments"

    def __init__(self, number: str | None, left_cents: int, currency: str) -> None:
        super().__init__(
            f"That is more than is left of what was paid for invoice {number}.",
            fields=(FieldError("/amount_cents", f"at most {left_cents} in minor units of {currency}"),),
        )


class CurrencyUnsupported(Invalid):
    """VAT must also be stated in the seller's currency (Directive 2006/112/EC art. 230); no rate is known."""

    code = "currency_unsupported"


class InvoiceIncomplete(Invalid):
    """The law wants more on the document than is known; each field names its article."""

    code = "invoice_incomplete"


class EInvoiceIncomplete(InvoiceIncomplete):
    """The buyer's e-invoice format needs more than the document says; each field names its rule."""

    code = "einvoice_incomplete"


class VatEvidencePending(Conflict):
    """The seller holds invoices across a border until the buyer's VAT number is verified, and it is not."""

    code = "vat_evidence_pending"

    def __init__(self, vat_number: str, tenant_id: str | None) -> None:
        whose = f"tenants check-vat {tenant_id}" if tenant_id else "partners check-vat"
        super().__init__(
            f"The VAT number {vat_number} is not verified, and this seller charges no VAT on trust or doubt.",
            fields=(FieldError("/buyer/vat_number", "not verified yet"),),
            hint=f"Run: scaicontrol admin {whose} (or attest-vat, with a reason); then finalize.",
        )


class IssueDateInvalid(Invalid):
    """Issue dates are not in the future and never run backwards within a series."""

    code = "issue_date_invalid"


class DueDateInvalid(Invalid):
    """Nothing is due before it is issued."""

    code = "due_date_invalid"

    @classmethod
    def before(cls, issue_date: date) -> DueDateInvalid:
        """Say which day it lies before."""
        return cls(
            f"The invoice would be due before it is issued ({issue_date}).",
            fields=(FieldError("/due_date", f"choose {issue_date} or a later day"),),
        )


class ClockBehindSeries(Conflict):
    """This machine's date lies before the last number's: issuing would break the order of dates."""

    code = "clock_behind_series"


class PeriodAlreadyBilled(Conflict):
    """The ledger has this subscription, period and kind of charge already."""

    code = "period_already_billed"


class NotYourSeries(Forbidden):
    """Only the seller itself, or the platform, writes documents in the seller's name."""

    code = "not_your_series"

    def __init__(self) -> None:
        super().__init__("These invoices are issued in another seller's name; only that seller may write them.")
