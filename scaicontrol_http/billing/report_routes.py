"""Routes of the tax reports: JSON, or CSV for whoever prefers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec
from litestar import Request, Response, get
from litestar.params import FromQuery, QueryParameter

from scaicontrol_adapters.reports import report_csv
from scaicontrol_core.billing.use_cases.report_ec_sales import ReportEcSales
from scaicontrol_core.billing.use_cases.report_oss import ReportOss
from scaicontrol_core.billing.use_cases.report_recurring_revenue import ReportRecurringRevenue
from scaicontrol_core.billing.use_cases.report_vat import ReportVat
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.events import to_json
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_http.billing.report_schemas import EcSalesListAnswer, OssReportAnswer, VatReportAnswer
from scaicontrol_http.billing.revenue_schemas import RevenueReportAnswer
from scaicontrol_http.dependencies import Actor, Container
from scaicontrol_http.requests import Answer, attachment

if TYPE_CHECKING:
    from scaicontrol_adapters.reports import Report

A = TypeVar("A", bound=Answer)
_TAG = "Admin: reports"
_JSON, _CSV = "application/json", "text/csv"
_FORMATS = {"json": _JSON, "csv": _CSV}
Period = Annotated[str, QueryParameter(name="period", description="A quarter, `2026-Q1`.")]
MonthOrQuarter = Annotated[str, QueryParameter(name="period", description="A month or quarter: `2026-01`, `2026-Q1`.")]
AnyPeriod = Annotated[
    str, QueryParameter(name="period", description="A month, quarter or year: `2026-01`, `2026-Q1`, `2026`.")
]
Format = Annotated[
    str | None, QueryParameter(name="format", description="`json` or `csv`; without it, what `Accept` prefers.")
]


@get("/admin/reports/vat", tags=[_TAG], summary="Sum up VAT")
async def report_vat(
    request: Request[Any, Any, Any],
    container: Container,
    actor: Actor,
    period: AnyPeriod,
    seller_id: FromQuery[str | None] = None,
    wanted: Format = None,
) -> Response[VatReportAnswer]:
    """A seller's VAT by treatment, category, country and rate, with corrections of earlier periods; also as CSV."""
    report = await container.use(ReportVat)(actor, period, seller_id=PartnerId(seller_id) if seller_id else None)
    return report_answer(request, wanted, report, VatReportAnswer, f"vat-{report.header.period}")


@get("/admin/reports/oss", tags=[_TAG], summary="Make a One Stop Shop return")
async def report_oss(
    request: Request[Any, Any, Any],
    container: Container,
    actor: Actor,
    period: Period,
    seller_id: FromQuery[str | None] = None,
    wanted: Format = None,
) -> Response[OssReportAnswer]:
    """A quarter's return of the Union scheme, in euro: rows, corrections, balances per state; also as CSV."""
    report = await container.use(ReportOss)(actor, period, seller_id=PartnerId(seller_id) if seller_id else None)
    return report_answer(request, wanted, report, OssReportAnswer, f"oss-{report.header.period}")


@get("/admin/reports/ec-sales-list", tags=[_TAG], summary="Make an EC sales list")
async def report_ec_sales(
    request: Request[Any, Any, Any],
    container: Container,
    actor: Actor,
    period: MonthOrQuarter,
    seller_id: FromQuery[str | None] = None,
    wanted: Format = None,
) -> Response[EcSalesListAnswer]:
    """Services under the reverse charge by buyer's VAT number, with corrections; also as CSV."""
    report = await container.use(ReportEcSales)(actor, period, seller_id=PartnerId(seller_id) if seller_id else None)
    return report_answer(request, wanted, report, EcSalesListAnswer, f"ec-sales-list-{report.header.period}")


@get("/admin/reports/recurring-revenue", tags=[_TAG], summary="Report recurring revenue and churn")
async def report_recurring_revenue(
    request: Request[Any, Any, Any],
    container: Container,
    actor: Actor,
    period: AnyPeriod,
    seller_id: FromQuery[str | None] = None,
    partner_id: FromQuery[str | None] = None,
    wanted: Format = None,
) -> Response[RevenueReportAnswer]:
    """What a seller's customers come to a month, what moved, and who left; by plan and country; also as CSV."""
    seller, partner = PartnerId(seller_id) if seller_id else None, PartnerId(partner_id) if partner_id else None
    report = await container.use(ReportRecurringRevenue)(actor, period, seller, partner_id=partner)
    return report_answer(request, wanted, report, RevenueReportAnswer, f"recurring-revenue-{report.period}")


def report_answer(
    request: Request[Any, Any, Any], wanted: str | None, report: Report, answer: type[A], name: str
) -> Response[A]:
    """Answer a report as JSON, or as CSV for whoever prefers it; ``Invalid`` (``format_unknown``)."""
    if wanted is not None and wanted not in _FORMATS:
        raise Invalid.field("/format", f"{wanted!r} is neither json nor csv.", code="format_unknown")
    media_type = _FORMATS[wanted] if wanted else request.accept.best_match([_JSON, _CSV], _JSON)
    if media_type == _JSON:
        return Response(msgspec.convert(to_json(report), answer), headers={"Vary": "Accept"})
    headers = {"Content-Disposition": attachment(name, "csv"), "Vary": "Accept"}
    written: Any = report_csv(report)  # another body than the description's
    return Response(written, media_type=_CSV, headers=headers)


REPORT_ROUTES = (report_vat, report_oss, report_ec_sales, report_recurring_revenue)
