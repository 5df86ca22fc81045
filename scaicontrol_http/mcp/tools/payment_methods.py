"""``manage_payment_methods``: bank transfer and mandates, and which of them a customer pays with."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta

from scaicontrol_core.access import Permission
from scaicontrol_core.audit.subject import PAYMENT_METHOD
from scaicontrol_core.audit.use_cases.read_history import ReadHistory
from scaicontrol_core.kernel import ids
from scaicontrol_core.payments.lifecycle import MethodStatus
from scaicontrol_core.payments.use_cases.add_payment_method import AddPaymentMethod
from scaicontrol_core.payments.use_cases.detach_payment_method import DetachPaymentMethod
from scaicontrol_core.payments.use_cases.list_payment_methods import ListPaymentMethods
from scaicontrol_core.payments.use_cases.set_default_payment_method import SetDefaultPaymentMethod
from scaicontrol_http.audit.schemas import AuditEntryAnswer
from scaicontrol_http.mcp import fields as given
from scaicontrol_http.mcp.action import Action, Audience, Call, Confirmed, Effect, Listed, Writing
from scaicontrol_http.mcp.tool import Tool
from scaicontrol_http.payments.method_schemas import PaymentMethodAnswer, PaymentMethodBody
from scaicontrol_http.requests import Listing, listing, whole

_MANAGE = (Permission.ADMIN_BILLING, Permission.BILLING_MANAGE)
_ALL, _MINE, _ONE = "/admin/tenants/{tenant_id}/payment-methods", "/billing/payment-methods", "/{payment_method_id}"

MethodId = Annotated[
    str,
    Meta(max_length=64, description="Id of a mandate, as list tells it.", examples=["pmd_01KA1B2C3D4E5F6G7H8J9K0M1N"]),
]


class List(Action, tag="list"):
    """List a tenant's ways to pay: bank transfer, which is always there, then mandates, newest first."""

    audience = Audience.EVERYONE
    needs = (Permission.ADMIN_BILLING, Permission.BILLING_READ)
    routes = (f"GET {_ALL}", f"GET {_MINE}")

    tenant_id: given.OwnTenantId | None = None
    status: Annotated[MethodStatus, Meta(description="Those in use, or those that were detached.")] = (
        MethodStatus.ACTIVE
    )

    async def run(self, call: Call) -> Listing[PaymentMethodAnswer]:
        """Call ``ListPaymentMethods``."""
        found = await call.use(ListPaymentMethods)(call.actor, call.tenant(self.tenant_id), self.status)
        return whole(found, PaymentMethodAnswer.of)


class Add(Writing, tag="add"):
    """Record a SEPA direct debit mandate that the tenant has signed; its account is never shown whole again."""

    audience = Audience.EVERYONE
    needs = _MANAGE
    routes = (f"POST {_ALL}", f"POST {_MINE}")

    tenant_id: given.OwnTenantId | None = None
    mandate_reference: Annotated[
        str,
        Meta(max_length=35, description="The mandate's reference, one of a kind per seller.", examples=["M-2026-7"]),
    ]
    debtor_name: Annotated[str, Meta(max_length=70, description="Whose account it is.", examples=["Acme B.V."])]
    iban: Annotated[str, Meta(max_length=60, description="The debtor's account.", examples=["NL91ABNA0417164300"])]
    signed_on: Annotated[date, Meta(description="Day of the signature: today, by the seller's calendar, or earlier.")]
    bic: Annotated[str, Meta(max_length=11, description="The debtor's bank; needed outside the EEA.")] | None = None
    make_default: Annotated[bool, Meta(description="Whether the tenant pays with it from now on.")] = False

    async def run(self, call: Call) -> PaymentMethodAnswer:
        """Call ``AddPaymentMethod``."""
        body = PaymentMethodBody(
            mandate_reference=self.mandate_reference,
            debtor_name=self.debtor_name,
            iban=self.iban,
            signed_on=self.signed_on,
            bic=self.bic,
            make_default=self.make_default,
        )
        tenant_id = call.tenant(self.tenant_id)
        return PaymentMethodAnswer.of(await call.use(AddPaymentMethod)(call.actor, tenant_id, body.wanted()))


class SetDefault(Action, tag="set_default"):
    """Choose the mandate that a tenant pays with, or with is_default false go back to bank transfer."""

    effect = Effect.SETS
    audience = Audience.EVERYONE
    needs = _MANAGE
    routes = (
        f"PUT {_ALL}{_ONE}/default",
        f"DELETE {_ALL}{_ONE}/default",
        f"PUT {_MINE}{_ONE}/default",
        f"DELETE {_MINE}{_ONE}/default",
    )

    payment_method_id: MethodId
    tenant_id: given.OwnTenantId | None = None
    is_default: Annotated[bool, Meta(description="False: it is the default no more.")] = True

    async def run(self, call: Call) -> PaymentMethodAnswer:
        """Call ``SetDefaultPaymentMethod``."""
        use_case, method_id = call.use(SetDefaultPaymentMethod), ids.PaymentMethodId(self.payment_method_id)
        tenant_id = call.tenant(self.tenant_id)
        return PaymentMethodAnswer.of(await use_case(call.actor, tenant_id, method_id, is_default=self.is_default))


class Detach(Confirmed, tag="detach"):
    """Collect by a mandate no more, for good; was it the default, the tenant pays by bank transfer."""

    audience = Audience.EVERYONE
    needs = _MANAGE
    routes = (f"DELETE {_ALL}{_ONE}", f"DELETE {_MINE}{_ONE}")

    payment_method_id: MethodId
    tenant_id: given.OwnTenantId | None = None

    async def run(self, call: Call) -> PaymentMethodAnswer:
        """Call ``DetachPaymentMethod``."""
        method_id = ids.PaymentMethodId(self.payment_method_id)
        tenant_id = call.tenant(self.tenant_id)
        return PaymentMethodAnswer.of(await call.use(DetachPaymentMethod)(call.actor, tenant_id, method_id))


class History(Listed, tag="history"):
    """Tell who recorded, chose and detached a mandate, newest first; accounts are masked."""

    needs = (Permission.ADMIN_BILLING,)
    routes = (f"GET /admin/payment-methods{_ONE}/history",)

    payment_method_id: MethodId

    async def run(self, call: Call) -> Listing[AuditEntryAnswer]:
        """Call ``ReadHistory``."""
        found = await call.use(ReadHistory)(call.actor, PAYMENT_METHOD, self.payment_method_id, call.page)
        return listing(found, AuditEntryAnswer.of)


TOOL = Tool(
    name="manage_payment_methods",
    title="Payment methods",
    about="What customers pay with: bank transfer, and mandates for direct debit.",
    actions=(List, Add, SetDefault, Detach, History),
)
