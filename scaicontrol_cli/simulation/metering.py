"""Services report the usage of whoever subscribes to them, in batches of a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_core.kernel.paging import MAX_LIMIT, PageRequest
from scaicontrol_core.metering.use_cases.ingest_usage import MAX_BATCH, IngestUsage, UsageBatch
from scaicontrol_core.metering.use_cases.watch_usage import WatchUsage
from scaicontrol_core.simulation.usage import Meter
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.subscriptions.ports import SubscriptionFilter
from scaicontrol_core.subscriptions.use_cases.list_subscriptions import ListSubscriptions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scaicontrol_cli.simulation.company import Company
    from scaicontrol_core.metering.usage_event import ReportedUsage
    from scaicontrol_core.simulation.scenario import Metered
    from scaicontrol_core.subscriptions.subscription import Subscription

_S = SubscriptionStatus
#: Who is served, and therefore uses something.
_SERVED = (_S.TRIALING, _S.ACTIVE, _S.PAST_DUE, _S.CANCELLING)


async def report_usage(company: Company) -> None:
    """Report what was used since the last time, and count the answers."""
    usage, today = company.scenario.usage, company.today
    metered: dict[str, list[Metered]] = {}
    for each in usage.metrics:
        metered.setdefault(each.service, []).append(each)
    reports: list[ReportedUsage] = []
    async for it in served(company):
        account = company.by_tenant[it.tenant_id]
        for each in metered.get(it.plan_key.partition(".")[0], ()):
            meter = Meter(
                tenant_id=it.tenant_id,
                reference=account.customer.reference,
                metered=each,
                stream=account.customer.stream.fork("usage"),
            )
            reports += meter.reports(usage, today)
    for start in range(0, len(reports), MAX_BATCH):
        batch = UsageBatch(reports=reports[start : start + MAX_BATCH])
        for outcome in await company.use(IngestUsage)(company.actor, batch):
            reason = f": {outcome.reason.value}" if outcome.reason else ""
            company.usage[f"{outcome.status.value}{reason}"] += 1


async def watch_usage(company: Company) -> None:
    """Tell which thresholds of quotas are reached by what has come in."""
    while True:
        watched = await company.use(WatchUsage)(company.actor)
        company.usage["threshold reached"] += watched.reached
        if watched.is_done:
            return


async def served(company: Company) -> AsyncIterator[Subscription]:
    """Yield the subscriptions that are served today, by status and in the order they were made."""
    for status in _SERVED:
        cursor: str | None = None
        while True:
            page = PageRequest(limit=MAX_LIMIT, cursor=cursor)
            part = await company.use(ListSubscriptions)(company.actor, SubscriptionFilter(status=status), page)
            for subscription in part.items:
                yield subscription
            cursor = part.next_cursor
            if cursor is None:
                break
