"""``manage_invoices``: drafts, and what makes them invoices."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, field

from scaicontrol_core.access import Permission
from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.claiming import Sharing
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.edit_draft import EditDraft
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.billing.use_cases.get_billing_run import GetBillingRun
from scaicontrol_core.billing.use_cases.order_lines import OrderLines
from scaicontrol_core.billing.use_cases.run_billing import RunBilling
from scaicontrol_core.documents.einvoice.precheck import warnings
from scaicontrol_core.kernel import ids
from scaicontrol_http.billing.run_schemas import RunAnswer
from scaicontrol_http.billing.schemas import DraftPatch, InvoiceAnswer, NewInvoiceBody
from scaicontrol_http.mcp import fields as given
from scaicontrol_http.mcp.action import Action, Call, Confirmed, Effect, Writing
from scaicontrol_http.mcp.nested import Line

_ADMIN = (Permission.ADMIN_BILLING,)
_ONE = "/admin/invoices/{invoice_id}"

Lines = Annotated[list[Line], Meta(max_length=1000, description="What is charged, line by line.")]
Notes = Annotated[str, Meta(max_length=5000, description="Text below the lines.")]
BuyerReference = Annotated[str, Meta(max_length=255, description="What the buyer wants to read on it.")]
Start = Annotated[date, Meta(description="First day of the period it is about.")]
End = Annotated[date, Meta(description="The day after that period.")]
IssueDay = Annotated[date, Meta(description="Date of issue it shall bear; without it, the day it is finalized.")]
DueDay = Annotated[date, Meta(description="Day it is to be paid by; without it, by the seller's terms.")]


class One(Action):
    """An action on one invoice."""

    invoice_id: given.InvoiceId

    @property
    def wanted(self) -> ids.InvoiceId:
        """Which one."""
        return ids.InvoiceId(self.invoice_id)


class Draft(Writing, tag="create_draft"):
    """Write a draft for a tenant: no number yet, no legal force."""

    needs = _ADMIN
    routes = ("POST /admin/invoices",)

    tenant_id: given.TenantId
    lines: Lines = field(default_factory=list)
    currency: given.Currency | None = None
    period_start: Start | None = None
    period_end: End | None = None
    notes: Notes | None = None
    buyer_reference: BuyerReference | None = None
    invoice_date: IssueDay | None = None
    due_date: DueDay | None = None

    async def run(self, call: Call) -> InvoiceAnswer:
        """Call ``DraftInvoice``."""
        body = NewInvoiceBody(**{name: getattr(self, name) for name in NewInvoiceBody.__struct_fields__})
        draft = call.use(DraftInvoice)
        return InvoiceAnswer.of(await draft(call.actor, ids.TenantId(self.tenant_id), body.draft()))


class Edit(One, tag="edit_draft"):
    """Change the given fields of a draft; what is left out stays, null empties, lines are replaced whole."""

    effect = Effect.SETS
    needs = _ADMIN
    routes = (f"PATCH {_ONE}",)

    lines: Lines | UnsetType = UNSET
    currency: given.Currency | UnsetType = UNSET
    period_start: Start | UnsetType | None = UNSET
    period_end: End | UnsetType | None = UNSET
    notes: Notes | UnsetType | None = UNSET
    buyer_reference: BuyerReference | UnsetType | None = UNSET
    invoice_date: IssueDay | UnsetType | None = UNSET
    due_date: DueDay | UnsetType | None = UNSET
    expected_version: given.ExpectedVersion | None = None

    async def run(self, call: Call) -> InvoiceAnswer:
        """Call ``EditDraft``."""
        body = DraftPatch(**{name: getattr(self, name) for name in DraftPatch.__struct_fields__})
        edit = call.use(EditDraft)
        return InvoiceAnswer.of(
            await edit(call.actor, self.wanted, body.draft(), expected_version=self.expected_version)
        )


class Order(One, tag="order_lines"):
    """Put a draft's lines in the given order; without one, by the DD-MM-YYYY that descriptions begin with."""

    effect = Effect.SETS
    needs = _ADMIN
    routes = (f"PUT {_ONE}/line-items/order", f"POST {_ONE}/line-items/sort-by-date")

    line_ids: Annotated[list[str], Meta(max_length=1000, description="Ids of all its lines, each once.")] | None = None

    async def run(self, call: Call) -> InvoiceAnswer:
        """Call ``OrderLines``."""
        order = None if self.line_ids is None else [ids.LineId(line_id) for line_id in self.line_ids]
        return InvoiceAnswer.of(await call.use(OrderLines)(call.actor, self.wanted, order))


class Finalize(One, Confirmed, tag="finalize"):
    """Give a draft its legal number and freeze it; from then on a credit note is the only way back."""

    needs = _ADMIN
    routes = (f"POST {_ONE}/finalize",)

    async def run(self, call: Call) -> InvoiceAnswer:
        """Call ``FinalizeInvoice``."""
        invoice = await call.use(FinalizeInvoice)(call.actor, self.wanted)
        answer = InvoiceAnswer.of(invoice)
        answer.warnings = list(warnings(invoice.document)) or UNSET
        return answer


class _Run(Action):
    period: given.Month
    tenant_id: given.TenantId | None = None

    async def bill(self, call: Call, *, dry_run: bool, join: str | None = None) -> RunAnswer:
        """Call ``RunBilling``."""
        month, tenant_id = parse_month(self.period), ids.TenantId(self.tenant_id) if self.tenant_id else None
        sharing = Sharing(run_id=ids.RunId(join) if join else None)
        run = call.use(RunBilling)
        return RunAnswer.of(
            await run(call.actor, month, tenant_id=tenant_id, dry_run=dry_run, sharing=sharing), self.period
        )


class PreviewRun(_Run, tag="preview_billing"):
    """Show what billing a month would write, for all tenants or for one; nothing is written."""

    needs = _ADMIN
    routes = ("POST /admin/billing/runs",)

    async def run(self, call: Call) -> RunAnswer:
        """Call ``RunBilling`` for a preview."""
        return await self.bill(call, dry_run=True)


class Run(_Run, Confirmed, tag="run_billing"):
    """Bill everything due up to a month's end, or today; a repeat bills nothing twice. Sellers may finalize at once."""

    needs = _ADMIN
    routes = ("POST /admin/billing/runs",)

    join: Annotated[str, Meta(max_length=64, description="Id of an open run to work on with it.")] | None = None

    async def run(self, call: Call) -> RunAnswer:
        """Call ``RunBilling``."""
        return await self.bill(call, dry_run=False, join=self.join)


class GetRun(Action, tag="get_billing_run"):
    """Show what a billing run did, or has done so far."""

    needs = _ADMIN
    routes = ("GET /admin/billing/runs/{run_id}",)

    run_id: given.RunId

    async def run(self, call: Call) -> RunAnswer:
        """Call ``GetBillingRun``."""
        report = await call.use(GetBillingRun)(call.actor, ids.RunId(self.run_id))
        return RunAnswer.of(report, f"{report.run.month.start:%Y-%m}" if report.run else "")


ACTIONS = (Draft, Edit, Order, Finalize, PreviewRun, Run, GetRun)
