"""``manage_reports``: what management, auditors and tax offices ask for."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta, convert

from scaicontrol_core.access import Permission
from scaicontrol_core.billing.use_cases.audit_numbering import AuditNumbering
from scaicontrol_core.billing.use_cases.list_commissions import ListCommissions
from scaicontrol_core.billing.use_cases.list_vat_corrections import ListVatCorrections
from scaicontrol_core.billing.use_cases.report_ec_sales import ReportEcSales
from scaicontrol_core.billing.use_cases.report_oss import ReportOss
from scaicontrol_core.billing.use_cases.report_recurring_revenue import ReportRecurringRevenue
from scaicontrol_core.billing.use_cases.report_vat import ReportVat
from scaicontrol_core.kernel import ids
from scaicontrol_core.kernel.events import to_json
from scaicontrol_core.payments.use_cases.report_ageing import ReportAgeing
from scaicontrol_http.billing.commissions import CommissionSummaryAnswer
from scaicontrol_http.billing.correction_routes import VatCorrectionAnswer
from scaicontrol_http.billing.report_schemas import EcSalesListAnswer, OssReportAnswer, VatReportAnswer
from scaicontrol_http.billing.revenue_schemas import RevenueReportAnswer
from scaicontrol_http.billing.run_schemas import SeriesAuditAnswer
from scaicontrol_http.mcp import fields as given
from scaicontrol_http.mcp.action import Action, Call, Sorted
from scaicontrol_http.mcp.tool import Tool
from scaicontrol_http.payments.schemas import AgeingAnswer
from scaicontrol_http.requests import Listing, listing

_ADMIN = (Permission.ADMIN_BILLING,)


class _OfSeller(Action):
    seller_id: given.SellerId | None = None

    @property
    def seller(self) -> ids.PartnerId | None:
        """Whose report."""
        return ids.PartnerId(self.seller_id) if self.seller_id else None


class Revenue(_OfSeller, tag="recurring_revenue"):
    """Tell what customers come to a month (MRR), what moved, and who left (churn); by plan and country."""

    needs = _ADMIN
    routes = ("GET /admin/reports/recurring-revenue",)

    period: given.Period
    partner_id: given.PartnerId | None = None

    async def run(self, call: Call) -> RevenueReportAnswer:
        """Call ``ReportRecurringRevenue``."""
        partner = ids.PartnerId(self.partner_id) if self.partner_id else None
        report = await call.use(ReportRecurringRevenue)(call.actor, self.period, self.seller, partner_id=partner)
        return convert(to_json(report), RevenueReportAnswer)


class Vat(_OfSeller, tag="vat"):
    """Sum up a seller's VAT by treatment, category, country and rate, with corrections of earlier periods."""

    needs = _ADMIN
    routes = ("GET /admin/reports/vat",)

    period: given.Period

    async def run(self, call: Call) -> VatReportAnswer:
        """Call ``ReportVat``."""
        report = await call.use(ReportVat)(call.actor, self.period, seller_id=self.seller)
        return convert(to_json(report), VatReportAnswer)


class Oss(_OfSeller, tag="oss"):
    """Make a quarter's return of the One Stop Shop, in euro: rows, corrections, balances per state."""

    needs = _ADMIN
    routes = ("GET /admin/reports/oss",)

    period: given.Quarter

    async def run(self, call: Call) -> OssReportAnswer:
        """Call ``ReportOss``."""
        report = await call.use(ReportOss)(call.actor, self.period, seller_id=self.seller)
        return convert(to_json(report), OssReportAnswer)


class EcSales(_OfSeller, tag="ec_sales_list"):
    """List services under the reverse charge by buyer's VAT number, with corrections."""

    needs = _ADMIN
    routes = ("GET /admin/reports/ec-sales-list",)

    period: given.MonthOrQuarter

    async def run(self, call: Call) -> EcSalesListAnswer:
        """Call ``ReportEcSales``."""
        report = await call.use(ReportEcSales)(call.actor, self.period, seller_id=self.seller)
        return convert(to_json(report), EcSalesListAnswer)


class Ageing(_OfSeller, tag="ageing"):
    """Show what customers owe a seller by days past due."""

    needs = _ADMIN
    routes = ("GET /admin/reports/ageing",)

    as_of: Annotated[date, Meta(description="A day of the seller; today without it.")] | None = None

    async def run(self, call: Call) -> AgeingAnswer:
        """Call ``ReportAgeing``."""
        return convert(to_json(await call.use(ReportAgeing)(call.actor, self.as_of, self.seller)), AgeingAnswer)


class Numbering(_OfSeller, tag="numbering_audit"):
    """Verify every number series: no gap, in order of dates, untampered."""

    needs = _ADMIN
    routes = ("GET /admin/reports/numbering-audit",)

    async def run(self, call: Call) -> Listing[SeriesAuditAnswer]:
        """Call ``AuditNumbering``."""
        audits = await call.use(AuditNumbering)(call.actor, self.seller)
        return Listing(items=[SeriesAuditAnswer.of(audit) for audit in audits], total=len(audits), next_cursor=None)


class Corrections(_OfSeller, tag="vat_corrections"):
    """List invoices that bear VAT only because the buyer's number was unverified, and now is proven."""

    needs = _ADMIN
    routes = ("GET /admin/billing/vat-corrections",)

    since: Annotated[date, Meta(description="Issued since this day; a year back without it.")] | None = None

    async def run(self, call: Call) -> Listing[VatCorrectionAnswer]:
        """Call ``ListVatCorrections``."""
        found = await call.use(ListVatCorrections)(call.actor, seller_id=self.seller, since=self.since)
        items = convert(to_json(found), list[VatCorrectionAnswer])
        return Listing(items=items, total=len(items), next_cursor=None)


class Commissions(Sorted, tag="commissions"):
    """List a partner's closed commission statements, the newest month first, without entries."""

    needs = _ADMIN
    routes = ("GET /admin/partners/{partner_id}/commissions",)

    partner_id: given.PartnerId

    async def run(self, call: Call) -> Listing[CommissionSummaryAnswer]:
        """Call ``ListCommissions``."""
        found = await call.use(ListCommissions)(call.actor, ids.PartnerId(self.partner_id), call.page)
        return listing(found, CommissionSummaryAnswer.of)


TOOL = Tool(
    name="manage_reports",
    title="Reports",
    about="Reports: recurring revenue and churn, VAT, One Stop Shop, EC sales list, receivables by age, audit of the"
    " number series, commissions.",
    actions=(Revenue, Vat, Oss, EcSales, Ageing, Numbering, Corrections, Commissions),
)
