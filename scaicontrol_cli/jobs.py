"""``scaicontrol admin jobs``: what otherwise runs by itself, run by hand."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli.arguments import AsJson
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.errors import FAILED
from scaicontrol_cli.groups import group
from scaicontrol_cli.output import columns, print_json, print_line, print_note, print_rows
from scaicontrol_cli.progress import progress
from scaicontrol_cli.remote.target import local_only

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

    from scaicontrol_adapters.rendering import RenderReport
    from scaicontrol_adapters.sending import DeliveryReport
    from scaicontrol_core.jobs.job import Job as JobState
    from scaicontrol_core.jobs.job import JobReport

app = group("Jobs: what otherwise runs by itself.")


class Job(StrEnum):
    """The jobs there are: some by a short name, which tells more of what was done, and all by the schedule's."""

    REAP = "reap"
    RENDER = "render"
    MAIL = "mail"
    USAGE = "usage"
    OVERDUE = "overdue"
    RENDER_DOCUMENTS = "render_documents"
    DELIVER_MAIL = "deliver_mail"
    FAN_OUT_EVENTS = "fan_out_events"
    DELIVER_WEBHOOKS = "deliver_webhooks"
    TELL_WEBHOOK_OWNERS = "tell_webhook_owners"
    FORGET_WEBHOOK_DELIVERIES = "forget_webhook_deliveries"
    SWEEP_WEBHOOK_SECRETS = "sweep_webhook_secrets"
    REAP_SUBSCRIPTIONS = "reap_subscriptions"
    MARK_OVERDUE = "mark_overdue"
    MONITOR_TRIALS = "monitor_trials"
    REFRESH_COSTS = "refresh_costs"
    RECHECK_VAT_NUMBERS = "recheck_vat_numbers"
    RECHECK_ALL_VAT_NUMBERS = "recheck_all_vat_numbers"
    SYNC_DIRECTORY = "sync_directory"
    WATCH_USAGE = "watch_usage"
    TELL_DAILY_USAGE = "tell_daily_usage"
    TEND_USAGE = "tend_usage"
    TEND_AUDIT_LOG = "tend_audit_log"
    SWEEP_IDEMPOTENCY_KEYS = "sweep_idempotency_keys"


#: The short names, and the jobs of the schedule whose leases they take.
SHORT = {
    Job.REAP: Job.REAP_SUBSCRIPTIONS,
    Job.RENDER: Job.RENDER_DOCUMENTS,
    Job.MAIL: Job.DELIVER_MAIL,
    Job.USAGE: Job.WATCH_USAGE,
    Job.OVERDUE: Job.MARK_OVERDUE,
}
#: By name: the command line may not import the jobs.
_BY_HAND = "scaicontrol_jobs.by_hand"
_HERE = "a job runs where the database and its workers are."


@app.command("run")
@local_only(_HERE)
def run_job(
    job: Annotated[
        Job,
        typer.Argument(
            help="reap: ended trials, cancellations, terms. render: PDFs not yet made. mail: what waits to be sent."
            " usage: thresholds of quotas. overdue: what was to be paid by now. Or any name that `jobs status` shows."
        ),
    ],
    failed: Annotated[bool, typer.Option("--failed", help="render: those that failed, now that it is mended.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run a job once, to its end, unless somebody is at it: then it says who."""
    if job is Job.REAP:
        _reap(as_json=as_json)
    elif job is Job.MAIL:
        _mail(as_json=as_json)
    elif job is Job.USAGE:
        _usage(as_json=as_json)
    elif job is Job.OVERDUE:
        _overdue(as_json=as_json)
    elif job is Job.RENDER:
        _render(failed=failed, as_json=as_json)
    else:
        _any(job, as_json=as_json)


@app.command("status")
@local_only(_HERE)
def job_status(as_json: AsJson = False) -> None:
    """Show when each job is due, who is at it, how it went, and what was given up."""
    from scaicontrol_adapters.redis.job_queue import DeadLetter, dead_letters
    from scaicontrol_core.jobs.use_cases.list_jobs import ListJobs

    async def work(session: Session) -> tuple[list[dict[str, object]], Sequence[DeadLetter]]:
        now = session.container.clock.now()
        rows = [_view(job, now) for job in await session.use(ListJobs)(session.actor)]
        redis_url = session.container.settings.redis_url
        return rows, await dead_letters(redis_url) if redis_url else ()

    rows, letters = call(work)
    if as_json:
        aside = [{"queue": each.queue, "text": each.text} for each in letters]
        print_json({"jobs": rows, "dead_letters": aside})
        return
    names = ("name", "status", "next_at", "seconds_late", "held_by", "failures", "last_outcome", "last_error")
    print_rows(rows, columns(*names))
    for each in letters:
        print_note(f"Put aside from the queue {each.queue}: {each.text}")


@app.command("retry")
@local_only(_HERE)
def retry_job(name: Annotated[str, typer.Argument(help="A dead job.")], as_json: AsJson = False) -> None:
    """Have a job run by itself again that was given up after too many faults."""
    from scaicontrol_core.jobs.use_cases.retry_job import RetryJob

    async def work(session: Session) -> dict[str, object]:
        job = await session.use(RetryJob)(session.actor, name)
        return _view(job, session.container.clock.now())

    row = call(work)
    if as_json:
        print_json(row)
    else:
        print_line(f"{name} is due at once.")


def _view(job: JobState, now: datetime) -> dict[str, object]:
    from scaicontrol_core.kernel.events import to_json

    return {
        "name": job.name,
        "status": job.status.value,
        "next_at": to_json(job.next_at),
        "seconds_late": job.seconds_late(now),
        "held_by": job.lease_owner if job.is_held(now) else None,
        "held_until": to_json(job.lease_until),
        "failures": job.failures,
        "runs": job.runs,
        "last_started_at": to_json(job.last_started_at),
        "last_finished_at": to_json(job.last_finished_at),
        "last_outcome": to_json(job.last_outcome),
        "last_error": job.last_error,
    }


def _any(job: Job, *, as_json: bool) -> None:
    from importlib import import_module

    async def work(session: Session) -> JobReport | None:
        report: JobReport | None = await import_module(_BY_HAND).run(session.container, job.value)
        return report

    report = call(work)
    outcome = "lost" if report is None else report.outcome.value
    _print({"job": job.value, "outcome": outcome}, as_json=as_json)
    if report is not None and report.error:
        print_note(report.error)
    if report is None or report.outcome.is_failure:
        raise typer.Exit(FAILED)


@asynccontextmanager
async def _held(session: Session, job: Job) -> AsyncIterator[None]:
    """Hold a job for the length of the block; raises ``JobHeld``, which says who does."""
    from importlib import import_module

    from scaicontrol_adapters.job_leases import held_by_hand

    name = SHORT[job].value
    every = timedelta(seconds=import_module(_BY_HAND).interval_seconds(name))
    async with held_by_hand(session.container, session.actor, name, every):
        yield


def _reap(*, as_json: bool) -> None:
    from scaicontrol_core.subscriptions.use_cases.reap_pack_subscriptions import ReapPackSubscriptions
    from scaicontrol_core.subscriptions.use_cases.reap_subscriptions import ReapSubscriptions

    async def work(session: Session) -> int:
        async with _held(session, Job.REAP):
            plain = await session.use(ReapSubscriptions)(session.actor)
            return plain + await session.use(ReapPackSubscriptions)(session.actor)

    moved = call(work)
    _print({"job": Job.REAP.value, "moved": moved}, as_json=as_json)


def _render(*, failed: bool, as_json: bool) -> None:
    from scaicontrol_adapters.rendering import render_pending

    async def work(session: Session) -> RenderReport:
        async with _held(session, Job.RENDER):
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
        async with _held(session, Job.MAIL):
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
        async with _held(session, Job.USAGE):
            while True:
                watched = await watch(session.actor)
                reached += watched.reached
                if watched.is_done:
                    return reached

    _print({"job": Job.USAGE.value, "reached": call(work)}, as_json=as_json)


def _overdue(*, as_json: bool) -> None:
    from scaicontrol_core.billing.use_cases.mark_overdue import MarkOverdue

    async def work(session: Session) -> int:
        async with _held(session, Job.OVERDUE):
            return await session.use(MarkOverdue)(session.actor)

    marked = call(work)
    _print({"job": Job.OVERDUE.value, "marked": marked}, as_json=as_json)


def _print(counts: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json(counts)
    else:
        print_rows([counts], columns(*counts))
