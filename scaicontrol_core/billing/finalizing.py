"""Finalizing drafts within one unit of work: one, or many under one lock of their series."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from scaicontrol_core.billing.consumer_turnover import TurnoverCount
from scaicontrol_core.billing.errors import InvoiceImmutable, SellerNotBillable
from scaicontrol_core.billing.facts import Facts, Prepared, Rules
from scaicontrol_core.billing.foreign_currency import RateWanted, with_exchange_rates
from scaicontrol_core.billing.freezing import dated, freeze, prepare
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.lifecycle import INVOICE_LIFECYCLE, InvoiceStatus
from scaicontrol_core.billing.numbering import SeriesKey
from scaicontrol_core.billing.seller import require_own_name
from scaicontrol_core.billing.supplies import rate_wanted
from scaicontrol_core.kernel.errors import NotFound, ScaiControlError
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, TenantId
from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.subscriptions.errors import BillingProfileRequired
from scaicontrol_core.tenancy.billing_profile import BillingProfile
from scaicontrol_core.tenancy.partner import Partner
from scaicontrol_core.tenancy.selling import seller_for
from scaicontrol_core.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scaicontrol_core.access.actor import Actor
    from scaicontrol_core.billing.frozen_document import FrozenDocument
    from scaicontrol_core.billing.ports import BillingWork


@frozen(kw_only=True)
class FinalizeOrder:
    """Which draft to finalize; ``request_id`` is the request that asked, for the audit log."""

    invoice_id: InvoiceId
    request_id: str | None = None


@frozen(kw_only=True)
class Finalizations:
    """What became of each draft: the finalized invoice, or the error that kept it a draft.

    ``numbered`` names those that got their number now; the rest had it before.
    """

    invoices: Mapping[InvoiceId, Invoice] = field(factory=dict)
    refused: Mapping[InvoiceId, ScaiControlError] = field(factory=dict)
    numbered: frozenset[InvoiceId] = frozenset()


async def finalize_all(
    work: BillingWork, actor: Actor, orders: Sequence[FinalizeOrder], rules: Rules, now: datetime
) -> Finalizations:
    """Finalize the drafts of the orders; the caller commits.

    What is wrong with one draft keeps it a draft and spends no number; the others go on. One
    that has its number already is returned as it is. All reads, checks and VAT decisions come
    first; then each series is locked, in a fixed order, and its numbers are taken.
    """
    known = await _Known.load(work, [order.invoice_id for order in orders], rules)
    known = evolve(known, rules=await with_exchange_rates(work, rules, known.rates_wanted(now)))
    done: dict[InvoiceId, Invoice] = {}
    refused: dict[InvoiceId, ScaiControlError] = {}
    ready: dict[InvoiceId, tuple[FinalizeOrder, Prepared]] = {}
    for order in orders:
        try:
            invoice = known.finalizable(actor, order.invoice_id)
            if invoice.number is not None:
                done[invoice.id] = invoice
            else:
                ready[invoice.id] = order, known.prepared(invoice, now)
        except ScaiControlError as error:
            refused[order.invoice_id] = error
    numbered = await _number(work, tuple(ready.values()), now, refused)
    await work.invoices.save_many(numbered)
    done |= {invoice.id: invoice for invoice in numbered}
    return Finalizations(invoices=done, refused=refused, numbered=frozenset(each.id for each in numbered))


async def drafted_document(
    work: BillingWork, actor: Actor, invoice_id: InvoiceId, rules: Rules, now: datetime
) -> FrozenDocument:
    """Return the document that a draft would become today; its number is empty and nothing is written.

    Raises ``InvoiceImmutable`` for what is no draft any more, else what ``prepare`` raises.
    """
    known = await _Known.load(work, [invoice_id], rules)
    known = evolve(known, rules=await with_exchange_rates(work, rules, known.rates_wanted(now)))
    invoice = known.finalizable(actor, invoice_id)
    if not invoice.is_draft:
        raise InvoiceImmutable(invoice.number, invoice.status.value)
    return known.prepared(invoice, now).document


@frozen(kw_only=True)
class _Known:
    """Everything that finalizing reads, in a handful of statements however many drafts there are."""

    invoices: Mapping[InvoiceId, Invoice]
    tenants: Mapping[TenantId, Tenant]
    buyers: Mapping[TenantId, BillingProfile]
    sellers: Mapping[PartnerId, Partner]
    rules: Rules

    @classmethod
    async def load(cls, work: BillingWork, invoice_ids: Sequence[InvoiceId], rules: Rules) -> _Known:
        invoices = await work.invoices.get_many(tuple(dict.fromkeys(invoice_ids)))
        drafts = [invoice for invoice in invoices.values() if invoice.is_draft]
        tenant_ids = tuple(dict.fromkeys(draft.tenant_id for draft in drafts if draft.tenant_id is not None))
        partner_ids = dict.fromkeys(draft.partner_id for draft in drafts)
        return cls(
            invoices=invoices,
            tenants=await work.tenants.get_many(tenant_ids) if drafts else {},
            buyers=await work.billing_profiles.of_tenants(tenant_ids) if drafts else {},
            sellers={each: seller_for(*await work.sellers.own_and_operator(each)) for each in partner_ids},
            rules=rules,
        )

    def finalizable(self, actor: Actor, invoice_id: InvoiceId) -> Invoice:
        """Return a draft, or an invoice that has its number; raise for anything else."""
        invoice = self.invoices.get(invoice_id)
        if invoice is None:
            raise NotFound.of("invoice", invoice_id)
        require_own_name(actor, invoice.issuer_id)
        if invoice.number is None or invoice.status is InvoiceStatus.VOID:
            INVOICE_LIFECYCLE.require(invoice.status, InvoiceStatus.FINALIZED)
        return invoice

    def prepared(self, invoice: Invoice, now: datetime) -> Prepared:
        """Return the draft with all but its number, dated today in the seller's zone."""
        facts = self._facts(invoice, now)
        return prepare(facts, invoice.invoice_date or _today(facts.seller, now))

    def rates_wanted(self, now: datetime) -> tuple[RateWanted, ...]:
        """Return the exchange rates that the drafts need; what else is wrong with one is found when it is prepared."""
        wanted: list[RateWanted] = []
        for invoice in self.invoices.values():
            seller = self.sellers.get(invoice.partner_id)
            if not invoice.is_draft or seller is None or invoice.currency == seller.configuration.default_currency:
                continue
            try:
                facts = self._facts(invoice, now)
            except ScaiControlError:
                continue
            found = rate_wanted(facts, invoice.invoice_date or _today(facts.seller, now))
            wanted += [found] if found else []
        return tuple(wanted)

    def _facts(self, invoice: Invoice, now: datetime) -> Facts:
        seller = self.sellers[invoice.partner_id]
        if seller.id != invoice.seller_id:
            raise SellerNotBillable(invoice.seller_id, ("billing_model",))
        buyer = self.buyers.get(invoice.customer_id)
        if buyer is None:
            raise BillingProfileRequired(invoice.customer_id)
        tenant = self.tenants[invoice.customer_id]
        return Facts(invoice=invoice, seller=seller, tenant=tenant, buyer=buyer, rules=self.rules, now=now)


async def _number(
    work: BillingWork,
    ready: Sequence[tuple[FinalizeOrder, Prepared]],
    now: datetime,
    refused: dict[InvoiceId, ScaiControlError],
) -> list[Invoice]:
    numbered: list[Invoice] = []
    turnovers = TurnoverCount(work)
    # Series in one order for everybody: two such units of work never wait for each other in a circle.
    for key, prefix in sorted({(each.series_key, each.prefix) for _, each in ready}, key=lambda pair: _order(pair[0])):
        series = await work.number_series.lock(key, prefix)
        for order, prepared in ready:
            if prepared.series_key != key:
                continue
            invoice = prepared.facts.invoice
            try:
                # Dated first: at midnight of a year's end it is the new year's turnover that counts.
                decided = await turnovers.decided(dated(prepared, series, _today(prepared.facts.seller, now)))
                frozen_as = freeze(decided, series, now)
            except ScaiControlError as error:
                refused[invoice.id] = error
            else:
                invoice.finalize(evolve(frozen_as, request_id=order.request_id))
                numbered.append(invoice)
                await turnovers.count(decided)
        await work.number_series.save(series)
    await turnovers.save()
    return numbered


def _order(key: SeriesKey) -> tuple[str, str, int]:
    return key.seller_id, key.document_type.value, key.fiscal_year


def _today(seller: Partner, now: datetime) -> date:
    return local_date(now, seller.configuration.billing_timezone)
