"""Routes of payments: what was paid and given back, what is open, and how old it is."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from scaicontrol_core.kernel.checks import choice
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, TenantId
from scaicontrol_core.payments.lifecycle import PaymentKind, PaymentMethod, PaymentStatus
from scaicontrol_core.payments.ports import PAYMENTS, PaymentFilter
from scaicontrol_core.payments.use_cases.list_payments import ListPayments
from scaicontrol_core.payments.use_cases.read_balances import ReadBalances
from scaicontrol_core.payments.use_cases.record_failed_payment import RecordFailedPayment
from scaicontrol_core.payments.use_cases.record_payment import RecordPayment
from scaicontrol_core.payments.use_cases.record_refund import RecordRefund
from scaicontrol_core.payments.use_cases.report_ageing import ReportAgeing
from scaicontrol_http.billing.report_routes import Format, report_answer
from scaicontrol_http.billing.schemas import InvoiceAnswer
from scaicontrol_http.dependencies import Actor, Container, PageRequest
from scaicontrol_http.payments import method_routes
from scaicontrol_http.payments.schemas import (
    AgeingAnswer,
    BalanceAnswer,
    FailedPaymentBody,
    MarkPaidBody,
    PaymentAnswer,
    PaymentBody,
    RecordedAnswer,
    RefundAnswer,
    RefundBody,
)
from scaicontrol_http.requests import Listing, etag, listing, whole
from scaicontrol_http.sorting import SORTING
from scaicontrol_http.tenancy.routes import own_tenant

_ADMIN = "Admin: payments"
_REPORTS = "Admin: reports"
_OWN = "Billing"
_kind = choice(PaymentKind)
_status = choice(PaymentStatus)
_method = choice(PaymentMethod)
AsOf = Annotated[date | None, QueryParameter(name="as_of", description="A day of the seller; without it, today.")]


@post(
    "/admin/invoices/{invoice_id:str}/mark-paid",
    tags=[_ADMIN],
    summary="Mark an invoice as paid",
    status_code=200,
    opt={"idempotent": True},
)
async def mark_paid(
    container: Container, actor: Actor, invoice_id: FromPath[str], data: JSONBody[MarkPaidBody | None] = None
) -> Response[InvoiceAnswer]:
    """Record a payment of all that is open; 409 ``nothing_to_pay`` if nothing is."""
    wanted = (data or MarkPaidBody()).wanted()
    recorded = await container.use(RecordPayment)(actor, InvoiceId(invoice_id), wanted)
    return Response(InvoiceAnswer.of(recorded.invoice), headers=etag(recorded.invoice.version))


@post(
    "/admin/invoices/{invoice_id:str}/payments",
    tags=[_ADMIN],
    summary="Record a payment",
    opt={"idempotent": True},
)
async def record_payment(
    container: Container, actor: Actor, invoice_id: FromPath[str], data: JSONBody[PaymentBody]
) -> Response[RecordedAnswer]:
    """Count money that arrived, in full or in part; what is too much stands to the customer's credit."""
    recorded = await container.use(RecordPayment)(actor, InvoiceId(invoice_id), data.wanted())
    return Response(RecordedAnswer.of(recorded), status_code=201, headers=etag(recorded.invoice.version))


@post(
    "/admin/invoices/{invoice_id:str}/failed-payments",
    tags=[_ADMIN],
    summary="Record a failed payment",
    opt={"idempotent": True},
)
async def record_failed_payment(
    container: Container, actor: Actor, invoice_id: FromPath[str], data: JSONBody[FailedPaymentBody]
) -> Response[RecordedAnswer]:
    """Note that a scheduled payment failed: what the invoice charges is past due until it is paid."""
    recorded = await container.use(RecordFailedPayment)(actor, InvoiceId(invoice_id), data.wanted())
    return Response(RecordedAnswer.of(recorded), status_code=201, headers=etag(recorded.invoice.version))


@post(
    "/admin/invoices/{invoice_id:str}/refund",
    tags=[_ADMIN],
    summary="Record a refund",
    opt={"idempotent": True},
)
async def record_refund(
    container: Container, actor: Actor, invoice_id: FromPath[str], data: JSONBody[RefundBody | None] = None
) -> Response[RefundAnswer]:
    """Count money given back, never more than was paid and not refunded; with a credit note, both or neither."""
    wanted = (data or RefundBody()).wanted()
    recorded = await container.use(RecordRefund)(actor, InvoiceId(invoice_id), wanted)
    return Response(RefundAnswer.of(recorded), status_code=201, headers=etag(recorded.invoice.version))


@get(
    "/admin/invoices/{invoice_id:str}/payments",
    tags=[_ADMIN],
    summary="List an invoice's payments",
    opt={SORTING: PAYMENTS},
)
async def list_invoice_payments(
    container: Container, actor: Actor, page: PageRequest, invoice_id: FromPath[str]
) -> Listing[PaymentAnswer]:
    """Payments, refunds and chargebacks of an invoice, failed ones included, newest first unless sorted otherwise."""
    wanted = PaymentFilter(invoice_id=InvoiceId(invoice_id))
    return listing(await container.use(ListPayments)(actor, wanted, page), PaymentAnswer.of)


@get("/admin/payments", tags=[_ADMIN], summary="List payments", opt={SORTING: PAYMENTS})
async def list_payments(
    container: Container,
    actor: Actor,
    page: PageRequest,
    tenant_id: FromQuery[str | None] = None,
    partner_id: FromQuery[str | None] = None,
    seller_id: FromQuery[str | None] = None,
    invoice_id: FromQuery[str | None] = None,
    kind: FromQuery[str | None] = None,
    status: FromQuery[str | None] = None,
    method: FromQuery[str | None] = None,
    reference: FromQuery[str | None] = None,
    currency: FromQuery[str | None] = None,
    received_from: FromQuery[date | None] = None,
    received_to: FromQuery[date | None] = None,
) -> Listing[PaymentAnswer]:
    """Payments, refunds and chargebacks within the caller's scope, newest first unless sorted otherwise."""
    wanted = PaymentFilter(
        tenant_id=TenantId(tenant_id) if tenant_id else None,
        partner_id=PartnerId(partner_id) if partner_id else None,
        seller_id=PartnerId(seller_id) if seller_id else None,
        invoice_id=InvoiceId(invoice_id) if invoice_id else None,
        kind=_kind(kind, "/kind") if kind else None,
        status=_status(status, "/status") if status else None,
        method=_method(method, "/method") if method else None,
        reference=reference,
        currency=currency,
        received_from=received_from,
        received_to=received_to,
    )
    return listing(await container.use(ListPayments)(actor, wanted, page), PaymentAnswer.of)


@get("/admin/tenants/{tenant_id:str}/balances", tags=[_ADMIN], summary="Show a tenant's balances")
async def get_balances(container: Container, actor: Actor, tenant_id: FromPath[str]) -> Listing[BalanceAnswer]:
    """What it owes and what stands to its credit, by seller and currency; nothing where all is settled."""
    return await _balances(container, actor, TenantId(tenant_id))


@get("/admin/reports/ageing", tags=[_REPORTS], summary="Report the age of receivables")
async def report_ageing(
    request: Request[Any, Any, Any],
    container: Container,
    actor: Actor,
    as_of: AsOf = None,
    seller_id: FromQuery[str | None] = None,
    wanted: Format = None,
) -> Response[AgeingAnswer]:
    """What customers owe a seller by days past due (not due, 1-30, 31-60, 61-90, over 90); also as CSV."""
    report = await container.use(ReportAgeing)(actor, as_of, PartnerId(seller_id) if seller_id else None)
    return report_answer(request, wanted, report, AgeingAnswer, f"ageing-{report.as_of}")


# -- a tenant's own --------------------------------------------------------------------------


@get("/billing/balances", tags=[_OWN], summary="Show own balances")
async def get_own_balances(container: Container, actor: Actor) -> Listing[BalanceAnswer]:
    """What the caller's tenant owes and what stands to its credit, by seller and currency."""
    return await _balances(container, actor, own_tenant(actor))


@get(
    "/billing/invoices/{invoice_id:str}/payments",
    tags=[_OWN],
    summary="List an own invoice's payments",
    opt={SORTING: PAYMENTS},
)
async def list_own_payments(
    container: Container, actor: Actor, page: PageRequest, invoice_id: FromPath[str]
) -> Listing[PaymentAnswer]:
    """What was paid for one of the caller's tenant's invoices, and given back."""
    wanted = PaymentFilter(tenant_id=own_tenant(actor), invoice_id=InvoiceId(invoice_id))
    return listing(await container.use(ListPayments)(actor, wanted, page), PaymentAnswer.of)


async def _balances(container: Container, actor: Actor, tenant_id: TenantId) -> Listing[BalanceAnswer]:
    found = await container.use(ReadBalances)(actor, tenant_id)
    return whole(found, BalanceAnswer.of)


ROUTES = (
    mark_paid,
    record_payment,
    record_failed_payment,
    record_refund,
    list_invoice_payments,
    list_payments,
    get_balances,
    report_ageing,
    get_own_balances,
    list_own_payments,
    *method_routes.ROUTES,
)
