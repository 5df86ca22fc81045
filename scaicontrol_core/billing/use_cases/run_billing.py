"""The billing run: everything due is put on invoices, once, however often it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from functools import partial

from attrs import evolve, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.billing_run import BillingRun, RunTotals, TenantFailure
from scaicontrol_core.billing.due import PageRequestOfRun, count_due, find_due
from scaicontrol_core.billing.errors import NotYourSeries, PeriodAlreadyBilled
from scaicontrol_core.billing.facts import DocumentCheck, Rules
from scaicontrol_core.billing.page import InvoicePreview, PageOutcome, bill_page, preview_page
from scaicontrol_core.billing.partner_run import PartnerRun
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.billing.seller import may_write_for
from scaicontrol_core.billing.verifying import RUN_PATIENCE, BuyerVerification
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import CommitUnknown, Retryable, ScaiControlError, Stale
from scaicontrol_core.kernel.ids import Ids, PartnerId, RunId, TenantId
from scaicontrol_core.kernel.period import Period, local_date
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.kernel.work import Retry, UnitOfWorkFactory
from scaicontrol_core.tax import RateTable
from scaicontrol_core.tenancy.partner import Partner
from scaicontrol_core.tenancy.ports import VatNumberCheck
from scaicontrol_core.tenancy.selling import seller_for
from scaicontrol_core.tenancy.vat_checking import VatChecking
from scaicontrol_core.tenancy.vat_register import VatRegister

PAGE = 200
_ATTEMPTS = 5

#: Called after each page with (tenants looked at, tenants due at the start, totals so far).
OnProgress = Callable[[int, int, RunTotals], None]


@frozen(kw_only=True)
class RunReport:
    """What a run did (``run``) or, on a dry run, would do (``previews``)."""

    run: BillingRun | None
    totals: RunTotals
    previews: tuple[InvoicePreview, ...] = ()


@frozen
class RunBilling:
    """Bill every period due up to a month's end, or up to today if that comes first.

    Each page of tenants is one transaction: invoices, numbers, ledger and schedules together.
    Killed anywhere and run again, it goes on where it stopped; two runs at once share the
    work, and the ledger's natural key lets neither bill a period twice. One tenant's failure
    never stops the others. Before each page the VAT register is asked about the buyers whose
    evidence is due; the run goes on without an answer. Raises ``NotYourSeries`` if the actor may issue for no seller.
    """

    work: UnitOfWorkFactory[BillingWork]
    clock: Clock
    ids: Ids
    rates: RateTable
    document_check: DocumentCheck
    retry: Retry
    vat_register: VatRegister
    vat_numbers: VatNumberCheck

    async def __call__(
        self,
        actor: Actor,
        month: Period,
        *,
        tenant_id: TenantId | None = None,
        dry_run: bool = False,
        on_progress: OnProgress | None = None,
    ) -> RunReport:
        """Run, and report counts, VAT groups and failures; ``dry_run`` writes nothing."""
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
        if not dry_run:
            await self.retry(partial(self._begin, actor, run))
        due = await self.retry(partial(self._count_due, actor, asks)) if on_progress else 0
        totals, previews = RunTotals(), list[InvoicePreview]()
        for ask in asks:
            async for outcome in self._pages(actor, ask, dry_run=dry_run):
                totals = totals.plus(outcome.totals)
                previews += outcome.previews
                if on_progress:
                    on_progress(totals.tenants, due, totals)
        if run.tenant_id is None and actor.scope.kind is ScopeKind.PLATFORM:
            totals = totals.plus(await self._partners(run, now)(actor, dry_run=dry_run))
        finished = None if dry_run else await self.retry(partial(self._finish, actor, run.id, totals))
        return RunReport(run=finished, totals=totals, previews=tuple(previews))

    def _partners(self, run: BillingRun, now: datetime) -> PartnerRun:
        return PartnerRun(work=self.work, ids=self.ids, retry=self.retry, now=now, before=run.month.end)

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

    async def _pages(self, actor: Actor, ask: PageRequestOfRun, *, dry_run: bool) -> AsyncIterator[PageOutcome]:
        singles, verification = 0, self._verification(ask.now)
        while True:
            page = evolve(ask, tenants=1 if singles else PAGE)
            if not dry_run:
                await verification.before(actor, page)
            try:
                outcome = await self._page(actor, page, dry_run=dry_run)
            except Retryable:
                raise
            except ScaiControlError as error:
                if not singles:
                    singles = PAGE  # one tenant spoils the page: find out which, one by one
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

    async def _page(self, actor: Actor, ask: PageRequestOfRun, *, dry_run: bool) -> PageOutcome | None:
        outcome: PageOutcome | None = None
        rules = Rules(rates=self.rates, document_check=self.document_check)

        async def attempt() -> PageOutcome | None:
            nonlocal outcome
            async with self.work.begin(actor, read_only=dry_run) as work:
                if dry_run:
                    return await preview_page(work, ask, self.ids, rules)
                outcome = await bill_page(work, ask, self.ids, rules)
                if outcome is not None:
                    await work.commit()
                return outcome

        for _ in range(_ATTEMPTS - 1):
            try:
                return await self.retry(attempt)
            except (Stale, PeriodAlreadyBilled):
                continue  # another run, or a customer's change, was faster: read the page again
            except CommitUnknown:
                if await self.retry(partial(self._is_kept, actor, outcome)):
                    return outcome
        return await self.retry(attempt)

    async def _is_kept(self, actor: Actor, outcome: PageOutcome | None) -> bool:
        """Tell whether a page whose COMMIT nobody answered was written."""
        if outcome is None or outcome.witness is None:
            return False
        async with self.work.begin(actor, read_only=True) as work:
            return bool(await work.invoices.get_many((outcome.witness,)))

    async def _failed(self, actor: Actor, ask: PageRequestOfRun, error: ScaiControlError) -> PageOutcome | None:
        async with self.work.begin(actor, read_only=True) as work:
            due = await find_due(work, evolve(ask, tenants=1))
        if not due.tenant_ids:
            return None
        failure = TenantFailure(tenant_id=due.tenant_ids[0], code=error.code, message=error.message)
        return PageOutcome(last_tenant=failure.tenant_id, totals=RunTotals(tenants=1, failures=(failure,)))

    async def _begin(self, actor: Actor, run: BillingRun) -> None:
        begun = evolve(run)  # another attempt begins it anew
        async with self.work.begin(actor) as work:
            begun.start()
            await work.billing_runs.add(begun)
            await work.commit()

    async def _finish(self, actor: Actor, run_id: RunId, totals: RunTotals) -> BillingRun:
        async with self.work.begin(actor) as work:
            run = await work.billing_runs.get(run_id)
            run.complete(totals, self.clock.now())
            await work.billing_runs.save(run)
            await work.commit()
        return run

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
