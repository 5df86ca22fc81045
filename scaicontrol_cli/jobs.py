"""``scaicontrol admin jobs``: what otherwise runs by itself, run by hand."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli.arguments import AsJson
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.errors import FAILED
from scaicontrol_cli.groups import group
from scaicontrol_cli.output import columns, print_json, print_note, print_rows
from scaicontrol_cli.progress import progress
from scaicontrol_cli.remote.target import local_only

if TYPE_CHECKING:
    from scaicontrol_adapters.rendering import RenderReport
    from scaicontrol_adapters.sending import DeliveryReport

app = group("Jobs: what otherwise runs by itself.")


class Job(StrEnum):
    """The jobs there are."""

    REAP = "reap"
    RENDER = "render"
    MAIL = "mail"
    USAGE = "usage"
    OVERDUE = "overdue"


@app.command("run")
@local_only("a job runs where the database and its workers are.")
def run_job(
    job: Annotated[
        Job,
        typer.Argument(
            help="reap: ended trials, cancellations, terms. render: PDFs not yet made. mail: what waits to be sent."
            " usage: thresholds of quotas. overdue: what was to be paid by now."
        ),
    ],
    failed: Annotated[bool, typer.Option("--failed", help="render: those that failed, now that it is mended.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run a job once, to its end."""
    if job is Job.REAP:
        _reap(as_json=as_json)
    elif job is Job.MAIL:
        _mail(as_json=as_json)
    elif job is Job.USAGE:
        _usage(as_json=as_json)
    elif job is Job.OVERDUE:
        _overdue(as_json=as_json)
    else:
        _render(failed=failed, as_json=as_json)


def _reap(*, as_json: bool) -> None:
    from scaicontrol_core.subscriptions.use_cases.reap_pack_subscriptions import ReapPackSubscriptions
    from scaicontrol_core.subscriptions.use_cases.reap_subscriptions import ReapSubscriptions

    async def work(session: Session) -> int:
        plain = await session.use(ReapSubscriptions)(session.actor)
        return plain + await session.use(ReapPackSubscriptions)(session.actor)

    moved = call(work)
    _print({"job": Job.REAP.value, "moved": moved}, as_json=as_json)


def _render(*, failed: bool, as_json: bool) -> None:
    from scaicontrol_adapters.rendering import render_pending

    async def work(session: Session) -> RenderReport:
        with progress("Rendering") as step:
            return await render_pending(session.container, session.actor, failed=failed, on_progress=step)

    report = call(work)
    counts: dict[str, object] = {"rendered": report.rendered, "failed": report.failed, "left": report.left}
    _print({"job": Job.RENDER.value} | counts, as_json=as_json)
    for failure in report.failures:
        print_note(f"{failure.invoice_id}: {failure.message} [{failure.code}]")
    if report.away:
        print_note(f"Stopped early: {report.away}")
    if report.failed or report.left:
        raise typer.Exit(FAILED)


def _mail(*, as_json: bool) -> None:
    from scaicontrol_adapters.sending import deliver_due

    async def work(session: Session) -> DeliveryReport:
        with progress("Sending") as step:
            return await deliver_due(session.container, session.actor, on_progress=step)

    report = call(work)
    counts: dict[str, object] = {"sent": report.sent, "deferred": len(report.deferred), "failed": len(report.failed)}
    _print({"job": Job.MAIL.value} | counts, as_json=as_json)
    for request in (*report.deferred, *report.failed):
        print_note(f"{request.invoice_id}: {request.error} [{request.error_code}]")
    if report.deferred or report.failed:
        raise typer.Exit(FAILED)


def _usage(*, as_json: bool) -> None:
    from scaicontrol_core.metering.use_cases.watch_usage import WatchUsage

    async def work(session: Session) -> int:
        watch, reached = session.use(WatchUsage), 0
        while True:
            watched = await watch(session.actor)
            reached += watched.reached
            if watched.is_done:
                return reached

    _print({"job": Job.USAGE.value, "reached": call(work)}, as_json=as_json)


def _overdue(*, as_json: bool) -> None:
    from scaicontrol_core.billing.use_cases.mark_overdue import MarkOverdue

    marked = call(lambda session: session.use(MarkOverdue)(session.actor))
    _print({"job": Job.OVERDUE.value, "marked": marked}, as_json=as_json)


def _print(counts: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json(counts)
    else:
        print_rows([counts], columns(*counts))
