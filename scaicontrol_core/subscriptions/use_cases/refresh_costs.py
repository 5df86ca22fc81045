"""Let cost-based plans, and who is on them, follow what units cost us."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from attrs import field, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.catalog.cost_file import CostEntry
from scaicontrol_core.catalog.plan import Plan
from scaicontrol_core.catalog.service import Service
from scaicontrol_core.catalog.unit_cost import CostBook, UnitCost, UnitCostImport
from scaicontrol_core.kernel.checks import Findings
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import Retryable, Stale
from scaicontrol_core.kernel.ids import Ids, ServiceId, SubscriptionId, TenantId
from scaicontrol_core.kernel.paging import MAX_LIMIT, PageRequest
from scaicontrol_core.kernel.work import Retry, UnitOfWorkFactory
from scaicontrol_core.subscriptions.ports import SubscriptionFilter, SubscriptionsWork
from scaicontrol_core.subscriptions.subscription import Subscription

#: Changes of subscriptions that a report lists; all are made and counted.
MAX_LISTED = 1000


@frozen(kw_only=True)
class CostRefresh:
    """Costs to record first, if any; ``dry_run`` shows what would change and writes nothing."""

    costs: Sequence[CostEntry] = ()
    dry_run: bool = False


@frozen(kw_only=True)
class RateChange:
    """What a unit of a metric was charged at on a plan, and is now; None where it was not, or is no more."""

    plan_key: str
    metric: str
    before: Decimal | None
    after: Decimal | None


@frozen(kw_only=True)
class SubscriptionRateChange(RateChange):
    """The same of one subscription's usage."""

    subscription_id: SubscriptionId
    tenant_id: TenantId


@frozen(kw_only=True)
class UnratedMetric:
    """A cost-based metric whose cost nobody has told: its plan can't be sold."""

    plan_key: str
    metric: str


@frozen(kw_only=True)
class RefreshedCosts:
    """What a refresh did, or would do. ``changed`` counts subscriptions; their first 1,000 changes are listed."""

    recorded: int
    known: int
    plans: tuple[RateChange, ...]
    subscriptions: tuple[SubscriptionRateChange, ...]
    changed: int
    unrated: tuple[UnratedMetric, ...]
    dry_run: bool


@frozen
class _Found:
    """What changed of subscriptions so far."""

    listed: list[SubscriptionRateChange] = field(factory=list)
    changed: list[SubscriptionId] = field(factory=list)


@frozen
class RefreshCosts:
    """Record costs, derive the rates of all cost-based plans from those in force now, and pass them on.

    Usage reported before keeps its rate. Costs and plans change together, subscriptions follow
    in chunks: whatever stops it, the next refresh finishes. What is known already is not
    recorded again. Raises ``Invalid`` that points at every wrong cost; then nothing is written.
    """

    work: UnitOfWorkFactory[SubscriptionsWork]
    clock: Clock
    ids: Ids
    retry: Retry

    async def __call__(self, actor: Actor, order: CostRefresh) -> RefreshedCosts:
        """Return who changed from what to what."""
        actor.require(Permission.ADMIN_REGISTRY)
        actor.require_platform()
        now = self.clock.now()
        fresh, plans, changes = await self.retry(lambda: self._refresh_plans(actor, order, now))
        found = _Found()
        for plan in plans:
            await self._pass_on(actor, plan, found, dry_run=order.dry_run)
        if not order.dry_run:
            await self.retry(lambda: self._keep_last(actor, [plan for plan in plans if not plan.terms.cost_margins]))
        unrated = [UnratedMetric(plan_key=plan.plan_key, metric=metric) for plan in plans for metric in plan.unrated]
        return RefreshedCosts(
            recorded=len(fresh),
            known=len(order.costs) - len(fresh),
            plans=tuple(changes),
            subscriptions=tuple(found.listed),
            changed=len(found.changed),
            unrated=tuple(unrated),
            dry_run=order.dry_run,
        )

    async def _refresh_plans(
        self, actor: Actor, order: CostRefresh, now: datetime
    ) -> tuple[Sequence[UnitCost], Sequence[Plan], Sequence[RateChange]]:
        async with self.work.begin(actor, read_only=order.dry_run) as work:
            services = await work.services.all()
            known = CostBook.of(recorded := await work.unit_costs.of_services([each.id for each in services]))
            fresh = _fresh(order.costs, services, known, now)
            book = CostBook.of([*recorded, *fresh])
            plans = [plan for plan in await work.plans.all() if plan.terms.cost_margins or plan.billable_rate]
            changes: list[RateChange] = []
            for plan in plans:
                before = plan.billable_rate
                plan.refresh_rates(book, now)
                changes += [
                    RateChange(plan_key=plan.plan_key, metric=metric, before=old, after=new)
                    for metric, old, new in _changes(before, plan.billable_rate)
                ]
            if not order.dry_run:
                await self._keep(work, actor, (fresh, known, services), plans, now)
        return fresh, plans, changes

    async def _keep(
        self,
        work: SubscriptionsWork,
        actor: Actor,
        told: tuple[Sequence[UnitCost], CostBook, Sequence[Service]],
        plans: Sequence[Plan],
        now: datetime,
    ) -> None:
        fresh, known, services = told
        changed = [plan for plan in plans if plan.has_changed and plan.terms.cost_margins]
        if fresh:
            batch = UnitCostImport(
                id=self.ids.new("uci"), costs=tuple(fresh), recorded_at=now, recorded_by=actor.subject
            )
            batch.record_import({each.id: each.slug for each in services}, known)
            await work.unit_costs.add(batch)
        for plan in changed:
            await work.plans.save(plan)
        if fresh or changed:
            await work.commit()

    async def _keep_last(self, actor: Actor, plans: Sequence[Plan]) -> None:
        """Keep plans that charge nothing by cost any more: until their subscriptions know, they must be found again."""
        if plans:
            async with self.work.begin(actor) as work:
                for plan in (await work.plans.get_many([plan.id for plan in plans])).values():
                    if not plan.terms.cost_margins:
                        plan.refresh_rates(CostBook(), self.clock.now())
                        await work.plans.save(plan)
                await work.commit()

    async def _pass_on(self, actor: Actor, plan: Plan, found: _Found, *, dry_run: bool) -> None:
        """Let every live subscription to a plan take its rates, a page in a transaction."""
        cursor: str | None = None
        while True:

            async def attempt(after: str | None = cursor) -> tuple[str | None, Sequence[SubscriptionRateChange]]:
                return await self._page(actor, plan, after, dry_run=dry_run)

            cursor, changes = await self.retry(attempt)
            found.listed.extend(changes[: MAX_LISTED - len(found.listed)])
            found.changed.extend(dict.fromkeys(change.subscription_id for change in changes))
            if cursor is None:
                return

    async def _page(
        self, actor: Actor, plan: Plan, after: str | None, *, dry_run: bool
    ) -> tuple[str | None, Sequence[SubscriptionRateChange]]:
        changes: list[SubscriptionRateChange] = []
        async with self.work.begin(actor, read_only=dry_run) as work:
            page = await work.subscriptions.list(
                SubscriptionFilter(plan_id=plan.id), PageRequest(limit=MAX_LIMIT, cursor=after)
            )
            changed = []
            for it in page.items:
                if not it.is_live or it.activated_at is None:
                    continue
                before = it.billable_rate
                it.refresh_rate(plan)
                changes += _changes_of(it, before)
                if it.has_changed:
                    changed.append(it)
            if changed and not dry_run:
                try:
                    await work.subscriptions.save_many(changed)
                except Stale as stale:
                    raise Retryable("Somebody else changed one of these subscriptions.") from stale
                await work.commit()
        return page.next_cursor, changes


def _fresh(
    entries: Iterable[CostEntry], services: Sequence[Service], known: CostBook, now: datetime
) -> Sequence[UnitCost]:
    """Return the costs that are news; raises one ``Invalid`` for all that can't be."""
    by_slug = {each.slug: each for each in services}
    findings = Findings()
    fresh: dict[tuple[ServiceId, str, str, datetime], UnitCost] = {}
    for entry in entries:
        service = by_slug.get(entry.service)
        if service is None:
            findings.note(f"{entry.pointer}/service", f"There is no service {entry.service!r}.", "service_unknown")
            continue
        if all(metric.slug != entry.metric for metric in service.metrics):
            text = f"{entry.service} has no metric {entry.metric!r}."
            findings.note(f"{entry.pointer}/metric", text, "metric_unknown")
            continue
        found = findings.attempt(lambda at=service.id, entry=entry: entry.cost(at, now), entry.pointer)  # type: ignore[misc]
        if found is None:
            continue
        key = (*found.of, found.valid_from)
        if key in fresh and fresh[key] != found:
            findings.note(entry.pointer, "This cost stands here twice, and differs.", "unit_cost_repeated")
        elif not _is_known(known, found, said_when=entry.valid_from is not None):
            fresh[key] = found
    findings.raise_if_any()
    return tuple(fresh.values())


def _is_known(known: CostBook, told: UnitCost, *, said_when: bool) -> bool:
    """Tell whether a cost is no news: known of its very instant, or, said without one, in force anyway."""
    if said_when:
        return known.says(told)
    before = known.in_force(*told.of, told.valid_from)
    return before is not None and (before.cost_cents, before.unit_divisor) == (told.cost_cents, told.unit_divisor)


def _changes_of(it: Subscription, before: Mapping[str, Decimal]) -> Sequence[SubscriptionRateChange]:
    return [
        SubscriptionRateChange(
            subscription_id=it.id, tenant_id=it.tenant_id, plan_key=it.plan_key, metric=metric, before=old, after=new
        )
        for metric, old, new in _changes(before, it.billable_rate)
    ]


def _changes(
    before: Mapping[str, Decimal], after: Mapping[str, Decimal]
) -> Iterator[tuple[str, Decimal | None, Decimal | None]]:
    for metric in sorted(before.keys() | after.keys()):
        if before.get(metric) != after.get(metric):
            yield metric, before.get(metric), after.get(metric)
