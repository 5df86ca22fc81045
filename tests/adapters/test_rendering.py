"""Rendering what waits: one bad document is one bad document, and an absent renderer loses nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.rendering import render_pending
from scaicontrol_cli.context import Session, operator
from scaicontrol_cli.demo import load as demo
from scaicontrol_cli.files import read_object, read_rows, read_value
from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.use_cases.summarize_invoices import SummarizeInvoices
from scaicontrol_core.documents.errors import RenderingFailed, RenderingUnavailable
from scaicontrol_core.documents.ports import NO_PARTS, PdfParts, RenderedHtml, TemplateSource
from scaicontrol_core.testing import FixedClock

DEMO = Path(demo.__file__).parent
INVOICES = 4


@define
class Printer:
    """A renderer whose output is the HTML itself, and that jams where it is told to."""

    jams: dict[str, Exception] = field(factory=dict)
    printed: list[str] = field(factory=list)

    async def render_html(
        self, document: Mapping[str, Any], *, template: TemplateSource | None = None, draft: bool = False
    ) -> RenderedHtml:
        """Write the document's number."""
        return RenderedHtml(html=document["number"], renderer="printer 1", fonts=(), template="plain")

    async def render_pdf(self, html: str, document_key: str, parts: PdfParts = NO_PARTS) -> bytes:
        """Return the number as bytes, or jam."""
        if html in self.jams:
            raise self.jams[html]
        self.printed.append(html)
        return html.encode()


@pytest.fixture
def printer() -> Printer:
    """A renderer that works."""
    return Printer()


@pytest.fixture
async def billed(printer: Printer) -> Container:
    """Four numbered invoices without their documents."""
    clock = FixedClock()
    container = Container.in_memory(clock=clock, renderer=printer)
    files = demo.DemoFiles(
        operator=read_object(str(DEMO / "operator.yaml")),
        catalogue=read_value(str(DEMO / "catalogue.yaml")),
        customers=[row for row in read_rows(str(DEMO / "customers.csv")) if row["subscribe"] == "scaikey.pro"],
    )
    report = await demo.load(Session(container, operator()), clock, files, parse_month("2026-01"))
    assert report.invoiced >= INVOICES
    return container


async def statuses(container: Container) -> dict[str, int]:
    """Count invoices by the state of their PDF."""
    return (await container.use(SummarizeInvoices)(operator())).by_pdf_status


async def test_all_are_rendered_oldest_first_and_counted_as_they_come(billed: Container, printer: Printer) -> None:
    seen: list[tuple[int, int]] = []
    report = await render_pending(billed, operator(), on_progress=lambda done, total: seen.append((done, total)))
    count = report.rendered
    assert (report.failed, report.left, report.away) == (0, 0, None)
    assert seen == [(done, count) for done in range(1, count + 1)]
    assert sorted(printer.printed) == [f"SCAI-2026-{number:06d}" for number in range(1, count + 1)]
    assert await statuses(billed) == {"ready": count}
    assert (await render_pending(billed, operator())).rendered == 0


async def test_one_that_cannot_be_made_is_named_and_the_others_go_on(billed: Container, printer: Printer) -> None:
    printer.jams["SCAI-2026-000002"] = RenderingFailed("The letters are too big.")
    report = await render_pending(billed, operator())
    assert [(failure.code, failure.message) for failure in report.failures] == [
        (RenderingFailed.code, "The letters are too big.")
    ]
    assert report.left == 0
    assert await statuses(billed) == {"ready": report.rendered, "failed": 1}
    printer.jams.clear()
    assert (await render_pending(billed, operator())).rendered == 0
    assert (await render_pending(billed, operator(), failed=True)).rendered == 1
    assert await statuses(billed) == {"ready": report.rendered + 1}


async def test_when_the_renderer_is_away_they_stay_pending_and_it_says_why(billed: Container, printer: Printer) -> None:
    everything = sum((await statuses(billed)).values())
    for number in range(1, everything + 1):
        printer.jams[f"SCAI-2026-{number:06d}"] = RenderingUnavailable("The printer is off.")
    report = await render_pending(billed, operator())
    assert (report.rendered, report.failed, report.left) == (0, 0, everything)
    assert report.away == "The printer is off."
    assert await statuses(billed) == {"pending": everything}
    printer.jams.clear()
    assert (await render_pending(billed, operator())).rendered == everything


async def test_no_more_than_asked_for_and_none_after_time_is_up(billed: Container, printer: Printer) -> None:
    assert (await render_pending(billed, operator(), limit=1)).rendered == 1
    assert printer.printed == ["SCAI-2026-000001"]
    late = await render_pending(billed, operator(), budget_seconds=0)
    assert late.rendered == 0
    assert late.left == sum((await statuses(billed)).values()) - 1
