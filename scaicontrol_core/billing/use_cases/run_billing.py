"""The billing run: everything due is put on invoices, once, however often it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from functools import partial, reduce

from attrs import evolve, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing import claiming
from scaicontrol_core.billing.billing_run import BillingRun, RunTotals, TenantFailure, open_key
from scaicontrol_core.billing.claiming import JOINING, Claimant, Sharing, require_same
from scaicontrol_core.billing.due import PageRequestOfRun, count_due, find_due
from scaicontrol_core.billing.errors import NotYourSeries
from scaicontrol_core.billing.facts import DocumentCheck, Rules
from scaicontrol_core.billing.page import InvoicePreview, PageOutcome, preview_page
from scaicontrol_core.billing.partner_run import PartnerRun
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.billing.run_report import RunReport, report_of
from scaicontrol_core.billing.run_working import Closing, PageWorker
from scaicontrol_core.billing.seller import may_write_for
from scaicontrol_core.billing.verifying import RUN_PATIENCE, BuyerVerification
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import CommitUnknown, Conflict, Retryable, ScaiControlError
from scaicontrol_core.kernel.ids import Ids, PartnerId, RunId, TenantId
from scaicontrol_core.kernel.period import Period, local_date
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.kernel.work import Rest, Retry, UnitOfWorkFactory
from scaicontrol_core.tax import RateTable
from scaicontrol_core.tenancy.partner import Partner
from scaicontrol_core.tenancy.ports import VatNumberCheck
from scaicontrol_core.tenancy.selling import seller_for
from scaicontrol_core.tenancy.vat_checking import VatChecking
from scaicontrol_core.tenancy.vat_register import VatRegister

_ATTEMPTS = 5

#: Called after each page with (tenants looked at, tenants due at the start, totals so far).
OnProgress = Callable[[int, int, RunTotals], None]


@frozen
class RunBilling:
    """Bill every period due up to a month's end, or up to today if that comes first.

    Each page of tenants is one transaction: invoices, numbers, ledger and schedules together.
    Any number of workers share the run of a month: who comes later joins it, who is killed is
    taken over from, and the last one completes it. The ledger's natural key lets nobody bill a
    period twice. One tenant's failure never stops the others. Before each page the VAT register
    is asked about the buyers whose evidence is due; the run goes on without an answer. Raises
    ``NotYourSeries`` if the actor may issue for no seller.
    """

    work: UnitOfWorkFactory[BillingWork]
    clock: Clock
    ids: Ids
    rates: RateTable
    document_check: DocumentCheck
    retry: Retry
    vat_register: VatRegister
    vat_numbers: VatNumberCheck
    rest: Rest

    async def __call__(
        self,
        actor: Actor,
        month: Period,
        *,
        tenant_id: TenantId | None = None,
        dry_run: bool = False,
        sharing: Sharing = JOINING,
        on_progress: OnProgress | None = None,
    ) -> RunReport:
        """Run, and report counts, VAT groups and failures of all workers; ``dry_run`` writes nothing.

        Raises ``NotFound`` for a run to join that is not there, ``Invalid`` for one of another month.
        """
        actor.require(Permission.ADMIN_BILLING)
        now = self.clock.now()
        run = BillingRun(
            id=RunId(self.ids.new("run")),
            month=month,
            started_at=now,
            tenant_id=tenant_id,
            partner_id=actor.scope.partner_id,
        )
        asks = await self.retry(partial(self._asks, actor, run, now))
        due = await self.retry(partial(self._count_due, actor, asks)) if on_progress else 0

        def tell(totals: RunTotals) -> None:
            if on_progress:
                on_progress(totals.tenants, due, totals)

        if dry_run:
            return await self._previewed(actor, run, asks, tell)
        begun = await self._joined(actor, run, sharing)
        return await self._shared(actor, begun, tuple(evolve(ask, run_id=begun.id) for ask in asks), sharing, tell)

    async def _previewed(
        self, actor: Actor, run: BillingRun, asks: tuple[PageRequestOfRun, ...], tell: Callable[[RunTotals], None]
    ) -> RunReport:
        totals, previews = RunTotals(), list[InvoicePreview]()
        for ask in asks:
            async for outcome in self._pages(actor, ask):
                totals = totals.plus(outcome.totals)
                previews += outcome.previews
                tell(totals)
        closing = self._closing(actor, run)
        if closing is not None:
            totals = totals.plus(await closing(dry_run=True))
        return RunReport(run=None, totals=totals, previews=tuple(previews))

    async def _shared(
        self,
        actor: Actor,
        run: BillingRun,
        asks: tuple[PageRequestOfRun, ...],
        sharing: Sharing,
        tell: Callable[[RunTotals], None],
    ) -> RunReport:
        own: dict[str, RunTotals] = {}
        async for page in self._worker(actor, run, asks, sharing).pages():
            own[page.id] = page.totals
            tell(reduce(RunTotals.plus, own.values()))

        async def report() -> RunReport:
            async with self.work.begin(actor, read_only=True) as work:
                return await report_of(work, run.id)

        return await self.retry(report)

    def _worker(
        self, actor: Actor, run: BillingRun, asks: tuple[PageRequestOfRun, ...], sharing: Sharing
    ) -> PageWorker:
        name = self.ids.new("wrk")
        return PageWorker(
            actor=actor,
            who=Claimant(
                name=f"{sharing.worker} {name}" if sharing.worker else name,
                run_id=run.id,
                asks=asks,
                lease=sharing.lease,
                ids=self.ids,
                closes=self._closing(actor, run) is not None,
            ),
            rules=Rules(rates=self.rates, document_check=self.document_check),
            verification=self._verification(asks[0].now),
            work=self.work,
            clock=self.clock,
            retry=self.retry,
            rest=self.rest,
            closing=self._closing(actor, run),
        )

    def _closing(self, actor: Actor, run: BillingRun) -> Closing | None:
        """Return what is between operator and partners, once all customers are billed; a tenant's run has none."""
        if actor.scope.kind is not ScopeKind.PLATFORM or run.tenant_id is not None:
            return None
        partners = PartnerRun(
            work=self.work,
            ids=self.ids,
            retry=self.retry,
            now=self.clock.now(),
            before=run.month.end,
            rules=Rules(rates=self.rates, document_check=self.document_check),
        )
        return partial(partners, actor)

    async def _joined(self, actor: Actor, run: BillingRun, sharing: Sharing) -> BillingRun:
        """Return the run to work on: the one that was named, the open one of the month, or a new one."""

        async def attempt() -> BillingRun:
            async with self.work.begin(actor) as work:
                if sharing.run_id is not None:
                    named = await work.billing_runs.get(sharing.run_id)
                    require_same(named, run)
                    return named
                found = await work.billing_runs.find_open(open_key(run.month, run.partner_id, run.tenant_id))
                if found is not None:
                    return found
                begun = evolve(run)  # another attempt begins it anew
                begun.start()
                await work.billing_runs.add(begun)
                await work.commit()
                return begun

        for _ in range(_ATTEMPTS - 1):
            try:
                return await self.retry(attempt)
            except (Conflict, CommitUnknown):
                continue  # somebody began it at the same moment, or it was us
        return await self.retry(attempt)

    async def _asks(self, actor: Actor, run: BillingRun, now: datetime) -> tuple[PageRequestOfRun, ...]:
        sellers: dict[PartnerId, tuple[Partner, list[PartnerId]]] = {}
        async with self.work.begin(actor, read_only=True) as work:
            for partner in await work.sellers.everyone():
                seller = seller_for(*await work.sellers.own_and_operator(partner.id))
                if may_write_for(actor, seller.id):
                    sellers.setdefault(seller.id, (seller, []))[1].append(partner.id)
            if run.tenant_id is not None:
                await work.tenants.get(run.tenant_id)
        if not sellers:
            raise NotYourSeries
        # A seller that lacks what an invoice must show is asked too: its tenants are then listed as failures.
        return tuple(_ask(seller, partner_ids, run, now) for seller, partner_ids in sellers.values())

    async def _pages(self, actor: Actor, ask: PageRequestOfRun) -> AsyncIterator[PageOutcome]:
        """Yield the pages of a dry run."""
        rules, singles = Rules(rates=self.rates, document_check=self.document_check), 0
        while True:
            page = evolve(ask, tenants=1 if singles else claiming.PAGE)

            async def attempt(page: PageRequestOfRun = page) -> PageOutcome | None:
                async with self.work.begin(actor, read_only=True) as work:
                    return await preview_page(work, page, self.ids, rules)

            try:
                outcome = await self.retry(attempt)
            except Retryable:
                raise
            except ScaiControlError as error:
                if not singles:
                    singles = claiming.PAGE  # one tenant spoils the page: find out which, one by one
                    continue
                outcome = await self.retry(partial(self._failed, actor, ask, error))
            if outcome is None:
                return
            yield outcome
            singles = max(0, singles - 1)
            ask = evolve(ask, after=outcome.last_tenant)

    def _verification(self, started: datetime) -> BuyerVerification:
        asking = VatChecking(
            work=self.work, register=self.vat_register, clock=self.clock, ids=self.ids, retry=self.retry
        )
        return BuyerVerification(
            work=self.work, asking=asking, vat_numbers=self.vat_numbers, until=started + RUN_PATIENCE
        )

    async def _failed(self, actor: Actor, ask: PageRequestOfRun, error: ScaiControlError) -> PageOutcome | None:
        async with self.work.begin(actor, read_only=True) as work:
            due = await find_due(work, evolve(ask, tenants=1))
        if not due.tenant_ids:
            return None
        failure = TenantFailure(tenant_id=due.tenant_ids[0], code=error.code, message=error.message)
        return PageOutcome(last_tenant=failure.tenant_id, totals=RunTotals(tenants=1, failures=(failure,)))

    async def _count_due(self, actor: Actor, asks: tuple[PageRequestOfRun, ...]) -> int:
        async with self.work.begin(actor, read_only=True) as work:
            return sum([await count_due(work, ask) for ask in asks])


def _ask(seller: Partner, partner_ids: list[PartnerId], run: BillingRun, now: datetime) -> PageRequestOfRun:
    today = local_date(now, seller.configuration.billing_timezone)
    return PageRequestOfRun(
        seller=seller,
        partner_ids=tuple(partner_ids),
        cutoff=min(today, run.month.last_day),
        today=today,
        now=now,
        run_id=run.id,
        only=run.tenant_id,
    )
