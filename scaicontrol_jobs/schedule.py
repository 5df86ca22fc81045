"""The table of what runs when: every periodic job, its interval, and the one thing it calls.

Each job is idempotent, and its work list is a query on the database: run late, twice, or again
after a crash, it ends at the same state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from scaicontrol_jobs.documents import render_documents
from scaicontrol_jobs.identity import sync_directory
from scaicontrol_jobs.mail import deliver_mail
from scaicontrol_jobs.metering import tell_daily_usage, tend_usage, watch_usage
from scaicontrol_jobs.payments import mark_overdue
from scaicontrol_jobs.subscriptions import monitor_trials, reap_subscriptions, refresh_costs
from scaicontrol_jobs.upkeep import sweep_idempotency_keys, tend_audit_log
from scaicontrol_jobs.vat_numbers import recheck_all_vat_numbers, recheck_vat_numbers
from scaicontrol_jobs.webhooks import (
    deliver_webhooks,
    fan_out_events,
    forget_webhook_deliveries,
    sweep_webhook_secrets,
    tell_webhook_owners,
)

if TYPE_CHECKING:
    from scaicontrol_adapters.container import Container


class JobRun(Protocol):
    """What a job does each time."""

    async def __call__(self, container: Container) -> bool:
        """Do a slice of the work, a few seconds at most; return whether more waits to be done at once."""
        ...


@frozen(kw_only=True)
class PeriodicJob:
    """A job and how often it runs; ``name`` is what logs and metrics call it."""

    name: str
    every_seconds: int
    run: JobRun


SCHEDULE: tuple[PeriodicJob, ...] = (
    PeriodicJob(name="render_documents", every_seconds=3, run=render_documents),
    PeriodicJob(name="deliver_mail", every_seconds=3, run=deliver_mail),
    PeriodicJob(name="fan_out_events", every_seconds=1, run=fan_out_events),
    PeriodicJob(name="deliver_webhooks", every_seconds=1, run=deliver_webhooks),
    PeriodicJob(name="tell_webhook_owners", every_seconds=60, run=tell_webhook_owners),
    PeriodicJob(name="forget_webhook_deliveries", every_seconds=3600, run=forget_webhook_deliveries),
    PeriodicJob(name="sweep_webhook_secrets", every_seconds=3600, run=sweep_webhook_secrets),
    PeriodicJob(name="reap_subscriptions", every_seconds=300, run=reap_subscriptions),
    PeriodicJob(name="mark_overdue", every_seconds=3600, run=mark_overdue),
    PeriodicJob(name="monitor_trials", every_seconds=300, run=monitor_trials),
    PeriodicJob(name="refresh_costs", every_seconds=3600, run=refresh_costs),
    PeriodicJob(name="recheck_vat_numbers", every_seconds=300, run=recheck_vat_numbers),
    PeriodicJob(name="recheck_all_vat_numbers", every_seconds=86_400, run=recheck_all_vat_numbers),
    PeriodicJob(name="sync_directory", every_seconds=3600, run=sync_directory),
    PeriodicJob(name="watch_usage", every_seconds=5, run=watch_usage),
    # Days end at midnight in many zones, some of them a quarter to or past the hour.
    PeriodicJob(name="tell_daily_usage", every_seconds=300, run=tell_daily_usage),
    PeriodicJob(name="tend_usage", every_seconds=86_400, run=tend_usage),
    PeriodicJob(name="tend_audit_log", every_seconds=86_400, run=tend_audit_log),
    PeriodicJob(name="sweep_idempotency_keys", every_seconds=3600, run=sweep_idempotency_keys),
)
