"""Take in what services report: judge each event, keep what counts, once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from attrs import field, frozen

from scaicontrol_core.access import Actor, Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import Forbidden
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.kernel.work import Retry, UnitOfWorkFactory
from scaicontrol_core.metering.errors import BatchTooLarge
from scaicontrol_core.metering.judging import Claim, Customers, Gate, Sender, assign, claim
from scaicontrol_core.metering.outcome import Outcome, OutcomeStatus, Reason, accepted, duplicate, rejected
from scaicontrol_core.metering.ports import KEYS_KEPT, MeteringWork
from scaicontrol_core.metering.reading import Unreadable
from scaicontrol_core.metering.usage_event import ReportedUsage

if TYPE_CHECKING:
    from scaicontrol_core.catalog.service import Service
    from scaicontrol_core.kernel.ids import ServiceId
    from scaicontrol_core.metering.ports import MeteredSubscription
    from scaicontrol_core.metering.usage_event import UsageEvent

MAX_BATCH = 10_000
#: Events in one transaction: what is locked together, and done again together.
CHUNK = 5000
#: Services own no rows. Who may report what is decided here, before anything is read or written.
_KEEPER = Actor.system("metering")


@frozen(kw_only=True)
class UsageBatch:
    """Events in the order they came; one that could not be read stands there as its outcome.

    ``by_reference``: tenants are named by their external reference, within ``partner_id`` if
    that is given. ``backfill`` lets late events into every period that is not billed yet.
    """

    reports: Sequence[ReportedUsage | Outcome]
    by_reference: bool = False
    partner_id: PartnerId | None = None
    backfill: bool = False

    def __attrs_post_init__(self) -> None:
        """Refuse more than a batch may hold."""
        if len(self.reports) > MAX_BATCH:
            raise BatchTooLarge(MAX_BATCH)


@frozen
class _Judged:
    """The claims of a chunk by their place, and the outcomes that are certain already."""

    outcomes: dict[int, Outcome] = field(factory=dict)
    claims: dict[int, Claim] = field(factory=dict)


@frozen
class IngestUsage:
    """Judge and keep a batch, up to 5,000 events a transaction; answers only once they are durable.

    For a service's own token, and for the operator (``admin:usage``), who alone may backfill.
    Raises ``BatchTooLarge``; what is wrong with one event is its outcome and harms no other.
    """

    work: UnitOfWorkFactory[MeteringWork]
    clock: Clock
    retry: Retry

    async def __call__(self, actor: Actor, batch: UsageBatch) -> Sequence[Outcome]:
        """Return the outcome of each event, in the order of the batch."""
        actor.require(Permission.REGISTRY_MANAGE, Permission.ADMIN_USAGE)
        if batch.backfill or batch.by_reference or actor.scope.kind is not ScopeKind.SERVICE:
            actor.require_platform()
            actor.require(Permission.ADMIN_USAGE)
        sender, customers = await self._look_up(actor, batch)
        outcomes: list[Outcome] = []
        for start in range(0, len(batch.reports), CHUNK):
            chunk = batch.reports[start : start + CHUNK]

            async def attempt(chunk: Sequence[ReportedUsage | Outcome] = chunk) -> Sequence[Outcome]:
                return await self._keep(chunk, sender, customers)

            outcomes += await self.retry(attempt)
        return outcomes

    async def _look_up(self, actor: Actor, batch: UsageBatch) -> tuple[Sender, Customers]:
        """Read once for the batch what its events are judged by."""
        async with self.work.begin(_KEEPER, read_only=True) as work:
            sender = _sender(actor, tuple(await work.services.all()), backfill=batch.backfill)
            return sender, await _customers(work, sender, batch)

    async def _keep(
        self, chunk: Sequence[ReportedUsage | Outcome], sender: Sender, customers: Customers
    ) -> Sequence[Outcome]:
        judged = _claimed(chunk, sender, customers)
        if judged.claims:
            async with self.work.begin(_KEEPER) as work:
                await _recognise(work, judged)
                events = await self._admitted(work, judged, customers, backfill=sender.backfill)
                events = await self._new(work, judged, events)
                if events:
                    await work.usage_events.add(events)
                    await work.usage_rollups.add(events)
                    await work.usage_thresholds.note(events)
                    await work.commit()
        return [judged.outcomes[place] for place in range(len(chunk))]

    async def _admitted(
        self, work: MeteringWork, judged: _Judged, customers: Customers, *, backfill: bool
    ) -> Sequence[UsageEvent]:
        """Return the events that count, their outcomes noted."""
        assigned: dict[int, MeteredSubscription] = {}
        for place, wanted in judged.claims.items():
            try:
                assigned[place] = assign(wanted, customers)
            except Unreadable as fault:
                judged.outcomes[place] = rejected(wanted.report.idempotency_key, fault.reason)
        distinct = {each.id: each for each in assigned.values()}
        closed = await work.usage_closings.hold([distinct[key] for key in sorted(distinct)]) if distinct else {}
        events: list[UsageEvent] = []
        gate = Gate(now=self.clock.now(), closed_until=closed, backfill=backfill)
        seen: dict[tuple[ServiceId, str], str] = {}
        for place, subscription in assigned.items():
            wanted = judged.claims[place]
            if wanted.key in seen:
                judged.outcomes[place] = _repeated(wanted, seen[wanted.key])
                continue
            try:
                events.append(gate.admit(wanted, subscription))
            except Unreadable as fault:
                judged.outcomes[place] = rejected(wanted.report.idempotency_key, fault.reason)
                continue
            seen[wanted.key] = wanted.content_hash
            judged.outcomes[place] = accepted(wanted.report.idempotency_key)
        return events

    async def _new(self, work: MeteringWork, judged: _Judged, events: Sequence[UsageEvent]) -> Sequence[UsageEvent]:
        """Return the events that are not stored yet: of the oldest the keys may be forgotten."""
        horizon = self.clock.now() - timedelta(days=KEYS_KEPT - 1)
        old = [event for event in events if event.occurred_at < horizon]
        kept = await work.usage_events.kept(old) if old else ()
        if not kept:
            return events
        for place, wanted in judged.claims.items():
            if wanted.key in kept and judged.outcomes[place].status is OutcomeStatus.ACCEPTED:
                judged.outcomes[place] = duplicate(wanted.report.idempotency_key)
        return [event for event in events if event.key not in kept]


def _sender(actor: Actor, everything: tuple[Service, ...], *, backfill: bool) -> Sender:
    own = everything
    if actor.scope.kind is ScopeKind.SERVICE:
        own = tuple(each for each in everything if each.app_id == actor.scope.app_id)
        if not own:
            raise Forbidden("No service of the catalogue has this token's app_id.", code="service_unknown")
    return Sender(services=own, all_services=everything, backfill=backfill)


async def _customers(work: MeteringWork, sender: Sender, batch: UsageBatch) -> Customers:
    named = {each.tenant for each in batch.reports if isinstance(each, ReportedUsage)}
    if not named:
        return Customers(tenants={}, subscriptions={})
    services = [each.id for each in sender.services]
    if batch.by_reference:
        tenants = dict(await work.metered.by_reference(named, batch.partner_id))
        found = {each for ids in tenants.values() for each in ids}
        return Customers.of(tenants, await work.metered.of_tenants(found, services) if found else ())
    subscriptions = await work.metered.of_tenants({TenantId(each) for each in named}, services)
    customers = {each.tenant_id for each in subscriptions}
    others = {TenantId(each) for each in named} - customers
    if others:
        customers |= set(await work.metered.existing_tenants(others))
    return Customers.of({each: (each,) for each in customers}, subscriptions)


def _claimed(chunk: Sequence[ReportedUsage | Outcome], sender: Sender, customers: Customers) -> _Judged:
    judged = _Judged()
    for place, report in enumerate(chunk):
        if isinstance(report, Outcome):
            judged.outcomes[place] = report
            continue
        try:
            judged.claims[place] = claim(report, sender, customers)
        except Unreadable as fault:
            judged.outcomes[place] = rejected(report.idempotency_key, fault.reason)
    return judged


async def _recognise(work: MeteringWork, judged: _Judged) -> None:
    """Answer the claims whose keys were accepted before: a repeat counts however late it comes."""
    known = await work.usage_events.known({wanted.key for wanted in judged.claims.values()})
    for place in [place for place, wanted in judged.claims.items() if wanted.key in known]:
        wanted = judged.claims.pop(place)
        judged.outcomes[place] = _repeated(wanted, known[wanted.key])


def _repeated(wanted: Claim, content_hash: str) -> Outcome:
    key = wanted.report.idempotency_key
    return duplicate(key) if wanted.content_hash == content_hash else rejected(key, Reason.KEY_CONFLICT)
