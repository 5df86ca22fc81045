"""``manage_dunning``: what is late, and how late."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta, convert

from scaicontrol_core.access import Permission
from scaicontrol_core.billing.lifecycle import InvoiceStatus
from scaicontrol_core.billing.ports import InvoiceFilter
from scaicontrol_core.billing.use_cases.list_invoices import ListInvoices
from scaicontrol_core.billing.use_cases.mark_overdue import MarkOverdue
from scaicontrol_core.kernel import ids
from scaicontrol_core.kernel.events import to_json
from scaicontrol_core.payments.use_cases.read_balances import ReadBalances
from scaicontrol_core.payments.use_cases.report_ageing import ReportAgeing
from scaicontrol_http.billing.schemas import InvoiceSummaryAnswer
from scaicontrol_http.mcp import fields as given
from scaicontrol_http.mcp.action import Action, Call, Confirmed, Sorted
from scaicontrol_http.mcp.tool import Tool
from scaicontrol_http.payments.schemas import AgeingAnswer, BalanceAnswer
from scaicontrol_http.requests import Answer, Listing, listing

_ADMIN = (Permission.ADMIN_BILLING,)
_READ = (Permission.ADMIN_BILLING, Permission.BILLING_READ)


class Overdue(Sorted, tag="list_overdue"):
    """List the invoices that are past due, of all customers or of one."""

    needs = _READ
    routes = ("GET /admin/invoices",)

    tenant_id: given.TenantId | None = None
    partner_id: given.PartnerId | None = None
    seller_id: given.SellerId | None = None

    async def run(self, call: Call) -> Listing[InvoiceSummaryAnswer]:
        """Call ``ListInvoices`` for those past due."""
        wanted = InvoiceFilter(
            tenant_id=ids.TenantId(self.tenant_id) if self.tenant_id else None,
            partner_id=ids.PartnerId(self.partner_id) if self.partner_id else None,
            seller_id=ids.PartnerId(self.seller_id) if self.seller_id else None,
            status=InvoiceStatus.PAST_DUE,
        )
        return listing(await call.use(ListInvoices)(call.actor, wanted, call.page), InvoiceSummaryAnswer.of)


class MarkedAnswer(Answer):
    """How many invoices became past due."""

    marked: int


class Mark(Confirmed, tag="mark_overdue"):
    """Make past due every sent invoice whose due date has passed, as the hourly job does; customers are told so."""

    needs = _ADMIN

    async def run(self, call: Call) -> MarkedAnswer:
        """Call ``MarkOverdue``."""
        return MarkedAnswer(marked=await call.use(MarkOverdue)(call.actor))


class Ageing(Action, tag="ageing"):
    """Show what customers owe a seller by days past due: not due, 1-30, 31-60, 61-90, over 90."""

    needs = _ADMIN
    routes = ("GET /admin/reports/ageing",)

    as_of: Annotated[date, Meta(description="A day of the seller; today without it.")] | None = None
    seller_id: given.SellerId | None = None

    async def run(self, call: Call) -> AgeingAnswer:
        """Call ``ReportAgeing``."""
        seller = ids.PartnerId(self.seller_id) if self.seller_id else None
        return convert(to_json(await call.use(ReportAgeing)(call.actor, self.as_of, seller)), AgeingAnswer)


class Balances(Action, tag="balances"):
    """Show what one customer owes, how much of it is overdue, and what stands to its credit."""

    needs = _READ
    routes = ("GET /admin/tenants/{tenant_id}/balances",)

    tenant_id: given.TenantId

    async def run(self, call: Call) -> Listing[BalanceAnswer]:
        """Call ``ReadBalances``."""
        found = await call.use(ReadBalances)(call.actor, ids.TenantId(self.tenant_id))
        return Listing(items=[BalanceAnswer.of(each) for each in found], total=len(found), next_cursor=None)


TOOL = Tool(
    name="manage_dunning",
    title="Late payments",
    about="What is late and how late: past due invoices, receivables by age, a customer's balances.",
    actions=(Overdue, Mark, Ageing, Balances),
)
