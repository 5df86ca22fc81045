"""``scaicontrol demo``: load a year, render its invoices, say what there is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli.arguments import AsJson
from scaicontrol_cli.context import settings, wait
from scaicontrol_cli.progress import progress

if TYPE_CHECKING:
    from scaicontrol_adapters.rendering import RenderReport
    from scaicontrol_cli.demo.load import DemoFiles, DemoReport
    from scaicontrol_core.kernel.period import Period

#: What is not rendered by then is rendered by the server's background job.
PDF_SECONDS = 45.0
_File = Annotated[str | None, typer.Option(help="Another file in place of the demo's own.")]


def add_to(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("demo")(demo)


def demo(
    catalogue: _File = None,
    customers: _File = None,
    operator: _File = None,
    until: Annotated[str, typer.Option(help="The last month to bill.")] = "2026-10",
    pdf: Annotated[bool, typer.Option("--pdf/--no-pdf", help="Render the invoices' PDFs.")] = True,
    as_json: AsJson = False,
) -> None:
    """Load some twenty customers and bill them month by month. A second run changes nothing."""
    from scaicontrol_adapters.secret_store import connected
    from scaicontrol_cli.demo.report import print_report
    from scaicontrol_core.billing.billing_run import parse_month

    month = parse_month(until, "/until")
    read = _read(catalogue, customers, operator)
    own = settings()
    _require_development(production=own.is_production)
    _migrate(connected(own).database_url)
    report, rendered = wait(_run(read, month, pdf=pdf))
    print_report(report, rendered, own, as_json=as_json)


async def _run(read: DemoFiles, until: Period, *, pdf: bool) -> tuple[DemoReport, RenderReport | None]:
    from scaicontrol_adapters.rendering import render_pending
    from scaicontrol_cli.context import opened
    from scaicontrol_cli.demo.load import load
    from scaicontrol_core.testing import FixedClock

    clock = FixedClock()
    async with opened(clock) as session:
        with progress("Months billed") as step:
            report = await load(session, clock, read, until, step)
        if not pdf:
            return report, None
        with progress("PDFs") as step:
            rendered = await render_pending(
                session.container, session.actor, budget_seconds=PDF_SECONDS, on_progress=step
            )
        return report, rendered


def _read(catalogue: str | None, customers: str | None, operator: str | None) -> DemoFiles:
    from scaicontrol_cli.demo.load import DemoFiles
    from scaicontrol_cli.files import read_object, read_rows, read_value

    own = Path(__file__).parent
    return DemoFiles(
        operator=read_object(operator or str(own / "operator.yaml")),
        catalogue=read_value(catalogue or str(own / "catalogue.yaml")),
        customers=read_rows(customers or str(own / "customers.csv")),
    )


def _require_development(*, production: bool) -> None:
    from scaicontrol_core.kernel.errors import Refused

    if production:
        raise Refused(
            "The demo writes invented customers and numbers their invoices: not in production.",
            code="demo_in_production",
            hint="Set SCAICONTROL_ENV=development.",
        )


def _migrate(url: str) -> None:
    from scaicontrol_adapters.sql.migrate import migrate, pending

    if wait(pending(url)):
        wait(migrate(url))
