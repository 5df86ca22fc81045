"""Judging reports: whose they are, which subscription they count for, and whether they come in time. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from attrs import field, frozen

from scaicontrol_core.kernel.period import start_of_day
from scaicontrol_core.metering.metric import unique_value
from scaicontrol_core.metering.outcome import Reason
from scaicontrol_core.metering.reading import Unreadable
from scaicontrol_core.metering.usage_event import ReportedUsage, UsageEvent

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from scaicontrol_core.catalog.service import Metric, Service
    from scaicontrol_core.kernel.ids import ServiceId, SubscriptionId, TenantId
    from scaicontrol_core.metering.ports import MeteredSubscription

#: How far a sender's clock may be ahead of ours.
AHEAD = timedelta(minutes=5)


@frozen(kw_only=True)
class Sender:
    """Who reports: the services it may report for, and what it may do. ``backfill`` lifts the grace."""

    services: tuple[Service, ...]
    all_services: tuple[Service, ...]
    backfill: bool = False
    _by_metric: dict[tuple[str | None, str], tuple[Service, Metric] | Reason] = field(factory=dict, init=False)

    def counted(self, slug: str | None, metric: str) -> tuple[Service, Metric] | Reason:
        """Return the service and its metric that a report is about, or what is wrong with it."""
        known = self._by_metric.get((slug, metric))
        if known is None:
            known = self._by_metric[slug, metric] = self._find(slug, metric)
        return known

    def _find(self, slug: str | None, name: str) -> tuple[Service, Metric] | Reason:
        if slug is not None and all(each.slug != slug for each in self.services):
            exists = any(each.slug == slug for each in self.all_services)
            return Reason.NOT_YOUR_SERVICE if exists else Reason.UNKNOWN_SERVICE
        found = [
            (service, metric)
            for service in self.services
            if slug in {None, service.slug}
            for metric in service.metrics
            if metric.slug == name
        ]
        if len(found) > 1:
            return Reason.AMBIGUOUS_METRIC
        return found[0] if found else Reason.UNKNOWN_METRIC


@frozen(kw_only=True)
class Customers:
    """The tenants that a batch names, and their subscriptions to the sender's services."""

    tenants: Mapping[str, Sequence[TenantId]]
    subscriptions: Mapping[tuple[TenantId, ServiceId], Sequence[MeteredSubscription]]

    @classmethod
    def of(cls, tenants: Mapping[str, Sequence[TenantId]], subscriptions: Collection[MeteredSubscription]) -> Customers:
        """Sort subscriptions by tenant and service."""
        sorted_out: dict[tuple[TenantId, ServiceId], list[MeteredSubscription]] = {}
        for each in subscriptions:
            sorted_out.setdefault((each.tenant_id, each.service_id), []).append(each)
        return cls(tenants=tenants, subscriptions=sorted_out)


@frozen(kw_only=True)
class Claim:
    """A report whose service, metric and tenant are known: enough to tell whether it came before."""

    report: ReportedUsage
    service: Service
    metric: Metric
    tenant_id: TenantId
    content_hash: str

    @property
    def key(self) -> tuple[ServiceId, str]:
        """What makes it this event."""
        return self.service.id, self.report.idempotency_key


def claim(report: ReportedUsage, sender: Sender, customers: Customers) -> Claim:
    """Find out what a report is about; raises ``Unreadable`` with the reason."""
    counted = sender.counted(report.service, report.metric)
    if isinstance(counted, Reason):
        raise Unreadable(counted)
    tenants = customers.tenants.get(report.tenant, ())
    if not tenants:
        raise Unreadable(Reason.UNKNOWN_TENANT)
    if len(tenants) > 1:
        raise Unreadable(Reason.AMBIGUOUS_TENANT)
    service, metric = counted
    tenant_id = tenants[0]
    return Claim(
        report=report,
        service=service,
        metric=metric,
        tenant_id=tenant_id,
        content_hash=report.content_hash(tenant_id),
    )


def assign(wanted: Claim, customers: Customers) -> MeteredSubscription:
    """Return the subscription a claim counts for; raises ``Unreadable`` with the reason."""
    own = customers.subscriptions.get((wanted.tenant_id, wanted.service.id), ())
    named = wanted.report.subscription_id
    if named is not None:
        own = [each for each in own if each.id == named]
        if not own:
            raise Unreadable(Reason.UNKNOWN_SUBSCRIPTION)
    live = [each for each in own if each.was_live(wanted.report.occurred_at)]
    if not live:
        raise Unreadable(Reason.NO_SUBSCRIPTION)
    if len(live) > 1:
        raise Unreadable(Reason.AMBIGUOUS_SUBSCRIPTION)
    return live[0]


@frozen(kw_only=True)
class Gate:
    """Lets in what comes in time: ``closed_until`` are the first unbilled days, ``backfill`` lifts the grace."""

    now: datetime
    closed_until: Mapping[SubscriptionId, date]
    backfill: bool = False
    _late: dict[tuple[SubscriptionId, date], bool] = field(factory=dict, init=False)

    def admit(self, wanted: Claim, subscription: MeteredSubscription) -> UsageEvent:
        """Return the event that a claim becomes; raises ``Unreadable`` with the reason."""
        report = wanted.report
        day = subscription.day_of(report.occurred_at)
        self._check_time(report.occurred_at, day, subscription)
        try:
            distinct = unique_value(wanted.metric, report.properties)
        except KeyError:
            raise Unreadable(Reason.PROPERTY_MISSING) from None
        return UsageEvent(
            service_id=wanted.service.id,
            idempotency_key=report.idempotency_key,
            partner_id=subscription.partner_id,
            tenant_id=subscription.tenant_id,
            subscription_id=subscription.id,
            metric=report.metric,
            quantity=report.quantity,
            occurred_at=report.occurred_at,
            usage_day=day,
            received_at=self.now,
            content_hash=wanted.content_hash,
            properties=report.properties,
            correction=report.correction,
            billable_rate=subscription.billable_rate.get(report.metric),
            unique_value=distinct,
        )

    def _check_time(self, occurred_at: datetime, day: date, subscription: MeteredSubscription) -> None:
        if occurred_at > self.now + AHEAD:
            raise Unreadable(Reason.IN_THE_FUTURE)
        closed = self.closed_until.get(subscription.id)
        if closed is not None and day < closed:
            raise Unreadable(Reason.PERIOD_BILLED)
        if self.backfill:
            return
        place = subscription.id, day
        if place not in self._late:
            self._late[place] = is_late(subscription, day, self.now)
        if self._late[place]:
            raise Unreadable(Reason.TOO_LATE)


def is_late(subscription: MeteredSubscription, day: date, now: datetime) -> bool:
    """Tell whether the period of a day is over, and the time for late events with it."""
    ends = subscription.period_end(day)
    if ends is None:
        return False
    closes = start_of_day(ends, subscription.timezone) + timedelta(hours=subscription.grace_hours)
    return now.astimezone(UTC) >= closes
