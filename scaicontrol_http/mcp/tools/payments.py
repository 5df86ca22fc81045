"""``manage_payments``: money that came in and went back, and what is open."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta, convert

from scaicontrol_core.access import Permission
from scaicontrol_core.audit.subject import PAYMENT
from scaicontrol_core.audit.use_cases.read_history import ReadHistory
from scaicontrol_core.documents.use_cases.state_account import StateAccount
from scaicontrol_core.kernel import ids
from scaicontrol_core.payments.lifecycle import PaymentKind, PaymentMethod, PaymentStatus
from scaicontrol_core.payments.ports import PaymentFilter
from scaicontrol_core.payments.use_cases.list_payments import ListPayments
from scaicontrol_core.payments.use_cases.read_balances import ReadBalances
from scaicontrol_core.payments.use_cases.record_failed_payment import RecordFailedPayment
from scaicontrol_core.payments.use_cases.record_payment import RecordPayment
from scaicontrol_core.payments.use_cases.record_refund import RecordRefund
from scaicontrol_http.audit.schemas import AuditEntryAnswer
from scaicontrol_http.billing.credit_note_schemas import CreditNoteBody
from scaicontrol_http.billing.document_schemas import StatementAnswer
from scaicontrol_http.mcp import fields as given
from scaicontrol_http.mcp.action import Action, Audience, Call, Confirmed, Listed, Sorted, Writing
from scaicontrol_http.mcp.tool import Tool
from scaicontrol_http.payments.schemas import (
    BalanceAnswer,
    FailedPaymentBody,
    MarkPaidBody,
    PaymentAnswer,
    PaymentBody,
    RecordedAnswer,
    RefundAnswer,
    RefundBody,
)
from scaicontrol_http.requests import Listing, listing

_ADMIN = (Permission.ADMIN_BILLING,)
_READ = (Permission.ADMIN_BILLING, Permission.BILLING_READ)
_INVOICE = "/admin/invoices/{invoice_id}"

Method = Annotated[PaymentMethod, Meta(description="By what means the money moved.")]
BankReference = Annotated[
    str, Meta(max_length=255, description="The bank's or provider's own reference: the same one counts once.")
]
ReceivedOn = Annotated[date, Meta(description="Day it moved, in the seller's zone; today without it.")]
Provider = Annotated[str, Meta(max_length=64, description="Payment provider it went through, if any.")]


class List(Sorted, tag="list"):
    """List payments, refunds and chargebacks, failed ones included, newest first."""

    needs = _READ
    routes = ("GET /admin/payments",)

    tenant_id: given.TenantId | None = None
    partner_id: given.PartnerId | None = None
    seller_id: given.SellerId | None = None
    invoice_id: given.InvoiceId | None = None
    kind: Annotated[PaymentKind, Meta(description="Only these.")] | None = None
    status: Annotated[PaymentStatus, Meta(description="Only those in this state.")] | None = None
    method: Method | None = None
    reference: BankReference | None = None

    async def run(self, call: Call) -> Listing[PaymentAnswer]:
        """Call ``ListPayments``."""
        wanted = PaymentFilter(
            tenant_id=ids.TenantId(self.tenant_id) if self.tenant_id else None,
            partner_id=ids.PartnerId(self.partner_id) if self.partner_id else None,
            seller_id=ids.PartnerId(self.seller_id) if self.seller_id else None,
            invoice_id=ids.InvoiceId(self.invoice_id) if self.invoice_id else None,
            kind=self.kind,
            status=self.status,
            method=self.method,
            reference=self.reference,
        )
        return listing(await call.use(ListPayments)(call.actor, wanted, call.page), PaymentAnswer.of)


class _One(Action):
    invoice_id: given.InvoiceId

    @property
    def wanted(self) -> ids.InvoiceId:
        """Of which invoice."""
        return ids.InvoiceId(self.invoice_id)


class OfInvoice(_One, Sorted, tag="list_of_invoice"):
    """List what was paid for one invoice, and given back."""

    audience = Audience.EVERYONE
    needs = _READ
    routes = (f"GET {_INVOICE}/payments", "GET /billing/invoices/{invoice_id}/payments")

    async def run(self, call: Call) -> Listing[PaymentAnswer]:
        """Call ``ListPayments`` for one invoice."""
        wanted = PaymentFilter(tenant_id=call.tenant_if_any(None), invoice_id=self.wanted)
        return listing(await call.use(ListPayments)(call.actor, wanted, call.page), PaymentAnswer.of)


class Record(_One, Writing, tag="record"):
    """Count money that arrived for an invoice, in full or in part; without an amount, all that is open."""

    needs = _ADMIN
    routes = (f"POST {_INVOICE}/payments", f"POST {_INVOICE}/mark-paid")

    amount_cents: given.Cents | None = None
    currency: given.Currency | None = None
    method: Method = PaymentMethod.BANK_TRANSFER
    received_on: ReceivedOn | None = None
    reference: BankReference | None = None
    provider: Provider | None = None

    async def run(self, call: Call) -> RecordedAnswer:
        """Call ``RecordPayment``."""
        body = MarkPaidBody(
            method=self.method.value, received_on=self.received_on, reference=self.reference, provider=self.provider
        )
        if self.amount_cents is not None:
            body = PaymentBody(
                amount_cents=self.amount_cents,
                currency=self.currency,
                method=self.method.value,
                received_on=self.received_on,
                reference=self.reference,
                provider=self.provider,
            )
        return RecordedAnswer.of(await call.use(RecordPayment)(call.actor, self.wanted, body.wanted()))


class RecordFailed(_One, Writing, tag="record_failed"):
    """Note that a scheduled payment failed: what the invoice charges is past due until it is paid."""

    needs = _ADMIN
    routes = (f"POST {_INVOICE}/failed-payments",)

    failure_code: Annotated[str, Meta(max_length=255, description="Why, in the provider's words.")]
    amount_cents: given.Cents | None = None
    method: Method = PaymentMethod.CARD
    received_on: ReceivedOn | None = None
    reference: BankReference | None = None
    provider: Provider | None = None

    async def run(self, call: Call) -> RecordedAnswer:
        """Call ``RecordFailedPayment``."""
        body = FailedPaymentBody(
            failure_code=self.failure_code,
            amount_cents=self.amount_cents,
            method=self.method.value,
            received_on=self.received_on,
            reference=self.reference,
            provider=self.provider,
        )
        return RecordedAnswer.of(await call.use(RecordFailedPayment)(call.actor, self.wanted, body.wanted()))


class Refund(_One, Confirmed, tag="refund"):
    """Count money given back, never more than was paid and not refunded; with a credit note, both or neither."""

    needs = _ADMIN
    routes = (f"POST {_INVOICE}/refund",)

    amount_cents: given.Cents | None = None
    payment_id: Annotated[str, Meta(max_length=64, description="Of which payment; the newest that has enough.")] | (
        None
    ) = None
    received_on: ReceivedOn | None = None
    reference: BankReference | None = None
    credit_reason: (
        Annotated[str, Meta(max_length=2000, description="Also issue a credit note of all that is left, and why.")]
        | None
    ) = None

    async def run(self, call: Call) -> RefundAnswer:
        """Call ``RecordRefund``."""
        body = RefundBody(
            amount_cents=self.amount_cents,
            payment_id=self.payment_id,
            received_on=self.received_on,
            reference=self.reference,
            credit_note=CreditNoteBody(reason=self.credit_reason) if self.credit_reason is not None else None,
        )
        return RefundAnswer.of(await call.use(RecordRefund)(call.actor, self.wanted, body.wanted()))


class Balances(Action, tag="balances"):
    """Show what a tenant owes and what stands to its credit, by seller and currency; nothing if all is settled."""

    audience = Audience.EVERYONE
    needs = _READ
    routes = ("GET /admin/tenants/{tenant_id}/balances", "GET /billing/balances")

    tenant_id: given.OwnTenantId | None = None

    async def run(self, call: Call) -> Listing[BalanceAnswer]:
        """Call ``ReadBalances``."""
        found = await call.use(ReadBalances)(call.actor, call.tenant(self.tenant_id))
        return Listing(items=[BalanceAnswer.of(each) for each in found], total=len(found), next_cursor=None)


class Statement(Action, tag="statement"):
    """Show what a tenant was charged, credited and paid in a period, with the balances around it."""

    audience = Audience.EVERYONE
    needs = _READ
    routes = ("GET /admin/tenants/{tenant_id}/statement", "GET /billing/statement")

    tenant_id: given.OwnTenantId | None = None
    first: Annotated[date, Meta(description="First day; the first of the last day's year without it.")] | None = None
    last: Annotated[date, Meta(description="Last day, included; today without it.")] | None = None

    async def run(self, call: Call) -> StatementAnswer:
        """Call ``StateAccount``."""
        tenant_id = call.tenant(self.tenant_id)
        statement = await call.use(StateAccount)(call.actor, tenant_id, self.first, self.last)
        return convert(statement.to_dict(), StatementAnswer)


class History(Listed, tag="history"):
    """Tell what happened to a payment or refund and who did it, newest first."""

    needs = _ADMIN
    routes = ("GET /admin/payments/{payment_id}/history",)

    payment_id: given.PaymentId

    async def run(self, call: Call) -> Listing[AuditEntryAnswer]:
        """Call ``ReadHistory``."""
        return listing(
            await call.use(ReadHistory)(call.actor, PAYMENT, self.payment_id, call.page), AuditEntryAnswer.of
        )


TOOL = Tool(
    name="manage_payments",
    title="Payments",
    about="Money that arrived and was given back, counted invoice by invoice; balances and statements of account.",
    actions=(List, OfInvoice, Record, RecordFailed, Refund, Balances, Statement, History),
)
