"""What is told of a billing run: what it did or would do, who works on it, and how far they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from scaicontrol_core.billing.billing_run import BillingRun, RunStatus, RunTotals
from scaicontrol_core.billing.page import InvoicePreview
from scaicontrol_core.billing.run_page import RunProgress, progress_of, sum_of

if TYPE_CHECKING:
    from scaicontrol_core.billing.ports import BillingWork
    from scaicontrol_core.kernel.ids import RunId


@frozen(kw_only=True)
class RunReport:
    """What a run did (``run``) or, on a dry run, would do (``previews``); of an open one, what it did so far."""

    run: BillingRun | None
    totals: RunTotals
    previews: tuple[InvoicePreview, ...] = ()
    progress: RunProgress = field(factory=RunProgress)


async def report_of(work: BillingWork, run_id: RunId) -> RunReport:
    """Return a run with all that its workers did; ``NotFound`` (``billing_run_not_found``)."""
    run = await work.billing_runs.get(run_id)
    pages = tuple(await work.billing_runs.pages(run_id))
    totals = run.totals if run.status is RunStatus.COMPLETED else sum_of(pages)
    return RunReport(run=run, totals=totals, progress=progress_of(pages))
