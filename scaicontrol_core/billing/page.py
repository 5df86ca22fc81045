"""One page of a billing run: load, draft, number, keep. One transaction each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from scaicontrol_core.billing.billing_run import RunTotals, TenantFailure, VatTotal
from scaicontrol_core.billing.consumer_turnover import TurnoverCount
from scaicontrol_core.billing.due import PageRequestOfRun, find_due
from scaicontrol_core.billing.facts import Facts, Prepared, Rules
from scaicontrol_core.billing.foreign_currency import with_exchange_rates
from scaicontrol_core.billing.freezing import dated, freeze, prepare
from scaicontrol_core.billing.gathering import Batch, Sale, sales_of, settle, usage_due
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.supplies import rate_wanted
from scaicontrol_core.billing.usage_totals import close_used, load_children, read_used
from scaicontrol_core.kernel.errors import ScaiControlError
from scaicontrol_core.kernel.ids import Ids, InvoiceId, TenantId
from scaicontrol_core.subscriptions.pack_subscription import PackSubscription
from scaicontrol_core.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from scaicontrol_core.billing.frozen_document import FrozenDocument
    from scaicontrol_core.billing.ports import BillingWork


@frozen(kw_only=True)
class InvoicePreview:
    """What a dry run would invoice; amounts in minor units of ``currency``."""

    tenant_id: TenantId
    company_name: str
    currency: str
    lines: int
    net_cents: int
    tax_cents: int
    gross_cents: int


@frozen(kw_only=True)
class PageOutcome:
    """What came of a page; ``last_tenant`` is where the next one begins.

    ``witness`` is an invoice of it, if it has any: where it is kept, the whole page is.
    """

    last_tenant: TenantId
    totals: RunTotals
    witness: InvoiceId | None = None
    previews: tuple[InvoicePreview, ...] = ()


@frozen(kw_only=True)
class _Drafted:
    """A page's drafts: each sale with its prepared document, and who could not be drafted."""

    sales: tuple[Sale, ...]
    prepared: tuple[Prepared, ...]
    tenants: int
    errors: Mapping[TenantId, ScaiControlError] = field(factory=dict)


async def bill_page(work: BillingWork, ask: PageRequestOfRun, ids: Ids, rules: Rules) -> PageOutcome | None:
    """Bill the next page within the open unit of work; None if nothing is due any more.

    The caller commits. Numbers are taken in one block, last, under the series' lock.
    """
    batch = await _load(work, ask, keep=True)
    if batch is None:
        return None
    drafted = await _draft(work, batch, ids, rules, ask)
    settled = tuple(dict.fromkeys(subscription for sale in drafted.sales for subscription in settle(sale)))
    invoices = [sale.invoice for sale in drafted.sales if sale.invoice is not None]
    if ask.seller.configuration.auto_finalize:
        drafted = evolve(drafted, prepared=await _number(work, drafted.prepared, ask))
    else:
        for invoice in invoices:
            invoice.record_draft()
    await work.invoices.add_many(invoices)
    await close_used(work, [charge for sale in drafted.sales for charge in sale.charges])
    await work.billed_periods.add_many([row for sale in drafted.sales for row in sale.ledger(ask.run_id, ask.now)])
    await work.subscriptions.save_many([each for each in settled if isinstance(each, Subscription)])
    await work.pack_subscriptions.save_many([each for each in settled if isinstance(each, PackSubscription)])
    return _outcome(batch, drafted, numbered=ask.seller.configuration.auto_finalize)


async def preview_page(work: BillingWork, ask: PageRequestOfRun, ids: Ids, rules: Rules) -> PageOutcome | None:
    """Return what ``bill_page`` would do, writing nothing."""
    found = await _previewed(work, ask, ids, rules)
    if found is None:
        return None
    batch, drafted = found
    return _outcome(batch, drafted, numbered=True, previews=tuple(_preview(each) for each in drafted.prepared))


async def preview_documents(
    work: BillingWork, ask: PageRequestOfRun, ids: Ids, rules: Rules
) -> tuple[FrozenDocument, ...]:
    """Return the documents that ``bill_page`` would number, without numbers, writing nothing.

    Raises what keeps a tenant of the page from being billed.
    """
    found = await _previewed(work, ask, ids, rules)
    if found is None:
        return ()
    _, drafted = found
    for error in drafted.errors.values():
        raise error
    return tuple(each.document for each in drafted.prepared)


async def _previewed(work: BillingWork, ask: PageRequestOfRun, ids: Ids, rules: Rules) -> tuple[Batch, _Drafted] | None:
    batch = await _load(work, ask, keep=False)
    if batch is None:
        return None
    drafted = await _draft(work, batch, ids, rules, ask)
    turnovers = TurnoverCount(work, keep=False, known=ask.previewed)
    return batch, evolve(drafted, prepared=tuple([await turnovers.counted(each) for each in drafted.prepared]))


async def _load(work: BillingWork, ask: PageRequestOfRun, *, keep: bool) -> Batch | None:
    due = await find_due(work, ask)
    tenant_ids = due.tenant_ids
    if not tenant_ids:
        return None
    # A handful of packs is sold by thousands: all of them are one read.
    packs = {pack.id: pack for pack in await work.packs.all()} if due.packs else {}
    plain = {plan_id for subscription in due.subscriptions for plan_id in subscription.plan_ids}
    plan_ids = sorted(plain.union(*(packs[each.pack_id].plan_ids for each in due.packs if each.pack_id in packs)))
    batch = Batch(
        seller=ask.seller,
        cutoff=ask.cutoff,
        now=ask.now,
        run_id=ask.run_id,
        subscriptions=due.subscriptions,
        pack_subscriptions=due.packs,
        packs=packs,
        children=await load_children(work, due) if due.packs else {},
        tenants=await work.tenants.get_many(tenant_ids),
        profiles=await work.billing_profiles.of_tenants(tenant_ids),
        plans=await work.plans.get_many(plan_ids),
        services={service.id: service for service in await work.services.all()},
    )
    return evolve(batch, used=await read_used(work, usage_due(batch), keep=keep))


async def _draft(work: BillingWork, batch: Batch, ids: Ids, rules: Rules, ask: PageRequestOfRun) -> _Drafted:
    gathered = {tenant_id: _sales(batch, tenant_id, own, ids) for tenant_id, own in batch.by_tenant()}
    own_currency = ask.seller.configuration.default_currency
    foreign = [
        rate_wanted(_facts(batch, sale, sale.invoice, rules), ask.today)
        for own in gathered.values()
        if not isinstance(own, ScaiControlError)
        for sale in own
        if sale.invoice is not None and sale.invoice.currency != own_currency
    ]
    rules = await with_exchange_rates(work, rules, [wanted for wanted in foreign if wanted is not None])
    sales: list[Sale] = []
    ready: list[Prepared] = []
    errors: dict[TenantId, ScaiControlError] = {}
    for tenant_id, own in gathered.items():
        try:
            if isinstance(own, ScaiControlError):
                raise own
            documents = [prepare(_facts(batch, sale, sale.invoice, rules), ask.today) for sale in own if sale.invoice]
        except ScaiControlError as error:
            errors[tenant_id] = error
        else:
            sales += own
            ready += documents
    return _Drafted(sales=tuple(sales), prepared=tuple(ready), tenants=len(gathered), errors=errors)


def _sales(
    batch: Batch, tenant_id: TenantId, own: tuple[Subscription, ...], ids: Ids
) -> tuple[Sale, ...] | ScaiControlError:
    """Return what a tenant owes, or what keeps it from being billed."""
    try:
        return sales_of(batch, tenant_id, own, ids)
    except ScaiControlError as error:
        return error


def _facts(batch: Batch, sale: Sale, invoice: Invoice, rules: Rules) -> Facts:
    return Facts(
        invoice=invoice, seller=batch.seller, tenant=sale.tenant, buyer=sale.profile, rules=rules, now=batch.now
    )


async def _number(work: BillingWork, documents: Sequence[Prepared], ask: PageRequestOfRun) -> tuple[Prepared, ...]:
    """Number the documents; return them as they were decided under the lock."""
    decided: list[Prepared] = []
    turnovers = TurnoverCount(work)
    # All of a page have one issue date, hence one series; a page without documents takes no lock.
    for key, prefix in dict.fromkeys((each.series_key, each.prefix) for each in documents):
        series = await work.number_series.lock(key, prefix)
        for each in documents:
            if each.series_key == key:
                decided.append(await turnovers.counted(dated(each, series, ask.today)))
                each.facts.invoice.finalize(freeze(decided[-1], series, ask.now))
        await work.number_series.save(series)
    await turnovers.save()
    return tuple(decided)


def _outcome(
    batch: Batch, drafted: _Drafted, *, numbered: bool, previews: tuple[InvoicePreview, ...] = ()
) -> PageOutcome:
    documents = drafted.prepared
    totals = RunTotals(
        invoices=len(documents) if numbered else 0,
        drafts=0 if numbered else len(documents),
        lines=sum(len(each.document.lines) for each in documents),
        tenants=drafted.tenants,
        failures=tuple(
            TenantFailure(tenant_id=tenant_id, code=error.code, message=error.message)
            for tenant_id, error in drafted.errors.items()
        ),
    )
    totals = totals.plus(RunTotals(vat=vat_totals(documents)))
    return PageOutcome(
        last_tenant=batch.owing[-1],
        totals=totals,
        witness=documents[0].facts.invoice.id if documents else None,
        previews=previews,
    )


def vat_totals(documents: Iterable[Prepared]) -> tuple[VatTotal, ...]:
    """Sum the documents' VAT by country, category, rate and currency."""
    sums: dict[tuple[str, str, str, str], list[int]] = {}
    for prepared in documents:
        for entry in prepared.vat.entries:
            key = (entry.country, entry.category, entry.rate, prepared.document.currency)
            amounts = sums.setdefault(key, [0, 0])
            amounts[0] += entry.taxable_cents
            amounts[1] += entry.amount_cents
    return tuple(
        VatTotal(country=country, category=category, rate=rate, currency=currency, net_cents=net, tax_cents=tax)
        for (country, category, rate, currency), (net, tax) in sorted(sums.items())
    )


def _preview(prepared: Prepared) -> InvoicePreview:
    document = prepared.document
    return InvoicePreview(
        tenant_id=prepared.facts.invoice.customer_id,
        company_name=document.buyer.company_name,
        currency=document.currency,
        lines=len(document.lines),
        net_cents=document.totals.net_cents,
        tax_cents=document.totals.tax_cents,
        gross_cents=document.totals.gross_cents,
    )
