"""Routes of payment methods: what a customer pays with. Its own, and below ``/admin`` any customer's."""

from __future__ import annotations

from litestar import Response, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from scaicontrol_core.audit.ports import ENTRIES
from scaicontrol_core.audit.subject import PAYMENT_METHOD
from scaicontrol_core.audit.use_cases.read_history import ReadHistory
from scaicontrol_core.kernel.checks import choice
from scaicontrol_core.kernel.ids import PaymentMethodId, TenantId
from scaicontrol_core.payments.lifecycle import MethodStatus
from scaicontrol_core.payments.payment_method import ShownMethod
from scaicontrol_core.payments.use_cases.add_payment_method import AddPaymentMethod
from scaicontrol_core.payments.use_cases.detach_payment_method import DetachPaymentMethod
from scaicontrol_core.payments.use_cases.list_payment_methods import ListPaymentMethods
from scaicontrol_core.payments.use_cases.set_default_payment_method import SetDefaultPaymentMethod
from scaicontrol_http.audit.schemas import AuditEntryAnswer
from scaicontrol_http.dependencies import Actor, Container, PageRequest
from scaicontrol_http.payments.method_schemas import PaymentMethodAnswer, PaymentMethodBody
from scaicontrol_http.requests import Listing, etag, listing, whole
from scaicontrol_http.sorting import SORTING
from scaicontrol_http.tenancy.routes import own_tenant

_ADMIN, _OWN = "Admin: payments", "Billing"
_ALL = "/admin/tenants/{tenant_id:str}/payment-methods"
_MINE = "/billing/payment-methods"
_ONE = "/{payment_method_id:str}"
_status = choice(MethodStatus)


def _answer(method: ShownMethod, status: int = 200) -> Response[PaymentMethodAnswer]:
    return Response(PaymentMethodAnswer.of(method), status_code=status, headers=etag(method.version or 0))


async def _list(
    container: Container, actor: Actor, tenant_id: TenantId, status: str | None
) -> Listing[PaymentMethodAnswer]:
    wanted = _status(status, "/status") if status else None
    return whole(await container.use(ListPaymentMethods)(actor, tenant_id, wanted), PaymentMethodAnswer.of)


@get(_ALL, tags=[_ADMIN], summary="List a tenant's payment methods")
async def list_methods(
    container: Container, actor: Actor, tenant_id: FromPath[str], status: FromQuery[str | None] = None
) -> Listing[PaymentMethodAnswer]:
    """Bank transfer, which is always there, and mandates in use, newest first; `status=detached` lists the others."""
    return await _list(container, actor, TenantId(tenant_id), status)


@post(_ALL, tags=[_ADMIN], summary="Record a tenant's mandate", opt={"idempotent": True})
async def add_method(
    container: Container, actor: Actor, tenant_id: FromPath[str], data: JSONBody[PaymentMethodBody]
) -> Response[PaymentMethodAnswer]:
    """Record a SEPA direct debit mandate to whoever sells to the tenant."""
    return _answer(await container.use(AddPaymentMethod)(actor, TenantId(tenant_id), data.wanted()), 201)


@put(f"{_ALL}{_ONE}/default", tags=[_ADMIN], summary="Make it a tenant's default")
async def set_default(
    container: Container, actor: Actor, tenant_id: FromPath[str], payment_method_id: FromPath[str]
) -> Response[PaymentMethodAnswer]:
    """Pay with this mandate unless said otherwise, in place of the default before."""
    use_case = container.use(SetDefaultPaymentMethod)
    return _answer(await use_case(actor, TenantId(tenant_id), PaymentMethodId(payment_method_id)))


@delete(f"{_ALL}{_ONE}/default", tags=[_ADMIN], summary="Make it a tenant's default no more")
async def clear_default(
    container: Container, actor: Actor, tenant_id: FromPath[str], payment_method_id: FromPath[str]
) -> None:
    """Pay by bank transfer unless said otherwise; nothing happens if it is not the default."""
    use_case = container.use(SetDefaultPaymentMethod)
    await use_case(actor, TenantId(tenant_id), PaymentMethodId(payment_method_id), is_default=False)


@delete(f"{_ALL}{_ONE}", tags=[_ADMIN], summary="Detach a tenant's payment method")
async def detach_method(
    container: Container, actor: Actor, tenant_id: FromPath[str], payment_method_id: FromPath[str]
) -> None:
    """Collect by this mandate no more, for good. It stays on record."""
    use_case = container.use(DetachPaymentMethod)
    await use_case(actor, TenantId(tenant_id), PaymentMethodId(payment_method_id))


@get(
    f"/admin/payment-methods{_ONE}/history",
    tags=[_ADMIN],
    summary="Show a payment method's history",
    opt={SORTING: ENTRIES},
)
async def method_history(
    container: Container, actor: Actor, page: PageRequest, payment_method_id: FromPath[str]
) -> Listing[AuditEntryAnswer]:
    """Who recorded it, made it the default and detached it, newest first; accounts are masked."""
    read = container.use(ReadHistory)
    return listing(await read(actor, PAYMENT_METHOD, payment_method_id, page), AuditEntryAnswer.of)


# -- a tenant's own --------------------------------------------------------------------------


@get(_MINE, tags=[_OWN], summary="List own payment methods")
async def list_own_methods(
    container: Container, actor: Actor, status: FromQuery[str | None] = None
) -> Listing[PaymentMethodAnswer]:
    """Bank transfer, which is always there, and mandates in use, newest first; `status=detached` lists the others."""
    return await _list(container, actor, own_tenant(actor), status)


@post(_MINE, tags=[_OWN], summary="Record an own mandate", opt={"idempotent": True})
async def add_own_method(
    container: Container, actor: Actor, data: JSONBody[PaymentMethodBody]
) -> Response[PaymentMethodAnswer]:
    """Record a SEPA direct debit mandate that was signed for the seller."""
    return _answer(await container.use(AddPaymentMethod)(actor, own_tenant(actor), data.wanted()), 201)


@put(f"{_MINE}{_ONE}/default", tags=[_OWN], summary="Make it the default")
async def set_own_default(
    container: Container, actor: Actor, payment_method_id: FromPath[str]
) -> Response[PaymentMethodAnswer]:
    """Pay with this mandate unless said otherwise, in place of the default before."""
    use_case = container.use(SetDefaultPaymentMethod)
    return _answer(await use_case(actor, own_tenant(actor), PaymentMethodId(payment_method_id)))


@delete(f"{_MINE}{_ONE}/default", tags=[_OWN], summary="Make it the default no more")
async def clear_own_default(container: Container, actor: Actor, payment_method_id: FromPath[str]) -> None:
    """Pay by bank transfer unless said otherwise; nothing happens if it is not the default."""
    use_case = container.use(SetDefaultPaymentMethod)
    await use_case(actor, own_tenant(actor), PaymentMethodId(payment_method_id), is_default=False)


@delete(f"{_MINE}{_ONE}", tags=[_OWN], summary="Detach an own payment method")
async def detach_own_method(container: Container, actor: Actor, payment_method_id: FromPath[str]) -> None:
    """Let the seller collect by this mandate no more, for good. It stays on record."""
    await container.use(DetachPaymentMethod)(actor, own_tenant(actor), PaymentMethodId(payment_method_id))


ROUTES = (
    list_methods,
    add_method,
    set_default,
    clear_default,
    detach_method,
    method_history,
    list_own_methods,
    add_own_method,
    set_own_default,
    clear_own_default,
    detach_own_method,
)
