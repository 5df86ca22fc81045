"""Bodies and answers of billing runs and of the reports on number series. Amounts are minor units."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from scaicontrol_core.billing.billing_run import RunTotals
from scaicontrol_core.billing.run_report import RunReport
from scaicontrol_core.billing.series_audit import SeriesAudit
from scaicontrol_core.kernel.events import to_json
from scaicontrol_http.requests import Answer, Body


class RunBody(Body):
    """Which month to bill (``2026-10``), for one tenant if named; a dry run writes nothing.

    ``join`` names an open run to work on; without it the open one of the month is joined, if any.
    """

    period: str
    dry_run: bool = False
    tenant_id: str | None = None
    join: str | None = None


class RunAnswer(Answer):
    """What a run did or, while it is open, has done so far; ``id`` is null for a dry run, shown in ``previews``.

    ``progress`` counts pages of tenants and lists the workers that share them.
    """

    id: str | None
    status: str
    period: str
    started_at: datetime | None
    finished_at: datetime | None
    totals: dict[str, Any]
    previews: list[dict[str, Any]]
    progress: dict[str, Any]

    @classmethod
    def of(cls, report: RunReport, period: str) -> RunAnswer:
        """Show a run's report."""
        run = report.run
        return cls(
            id=run.id if run else None,
            status=run.status.value if run else "dry_run",
            period=period,
            started_at=run.started_at if run else None,
            finished_at=run.finished_at if run else None,
            totals=totals_of(report.totals),
            previews=[to_json(preview) for preview in report.previews],
            progress=to_json(report.progress),
        )


def totals_of(totals: RunTotals) -> dict[str, Any]:
    """Show a run's counts and sums."""
    sums = {"net_cents": totals.net_cents, "tax_cents": totals.tax_cents, "gross_cents": totals.gross_cents}
    counted: dict[str, Any] = to_json(totals)
    return counted | sums


class SeriesAuditAnswer(Answer):
    """What walking one number series found; intact if there are no faults."""

    seller_id: str
    document_type: str
    fiscal_year: int
    documents: int
    first_number: str | None
    last_number: str | None
    next_number: int
    last_issue_date: date | None
    intact: bool
    faults: list[dict[str, Any]]

    @classmethod
    def of(cls, audit: SeriesAudit) -> SeriesAuditAnswer:
        """Show a series' audit."""
        series = audit.series
        return cls(
            seller_id=series.key.seller_id,
            document_type=series.key.document_type.value,
            fiscal_year=series.key.fiscal_year,
            documents=audit.documents,
            first_number=audit.first_number,
            last_number=audit.last_number,
            next_number=series.next_number,
            last_issue_date=series.last_issue_date,
            intact=not audit.faults,
            faults=[to_json(fault) for fault in audit.faults],
        )
