"""What a billing run gathers for one tenant: its due periods, as drafts, one per currency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import TYPE_CHECKING

from attrs import field, frozen

from scaicontrol_core.billing.charges import Charge, adjusted, bearable, portions
from scaicontrol_core.billing.drafting import Known, recurring_line
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.ledger import BilledPeriod, ChargeKind
from scaicontrol_core.billing.pack_charges import pack_charges, pack_usage
from scaicontrol_core.billing.usage_charges import Used, owing, usage_charge
from scaicontrol_core.catalog.pack import ServicePack
from scaicontrol_core.catalog.plan import Plan
from scaicontrol_core.catalog.service import Service
from scaicontrol_core.kernel.errors import NotFound
from scaicontrol_core.kernel.ids import (
    Ids,
    InvoiceId,
    PackId,
    PackSubscriptionId,
    PlanId,
    RunId,
    ServiceId,
    SubscriptionId,
    TenantId,
)
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.subscriptions.errors import BillingProfileRequired
from scaicontrol_core.subscriptions.pack_subscription import PackSubscription
from scaicontrol_core.subscriptions.subscription import Subscription
from scaicontrol_core.subscriptions.terms import OwedUsage
from scaicontrol_core.tenancy.billing_profile import BillingProfile
from scaicontrol_core.tenancy.partner import Partner
from scaicontrol_core.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterator


@frozen(kw_only=True)
class Batch:
    """Everything a page of tenants needs, loaded with a handful of statements."""

    seller: Partner
    cutoff: date
    now: datetime
    run_id: RunId
    subscriptions: Sequence[Subscription]
    tenants: Mapping[TenantId, Tenant]
    profiles: Mapping[TenantId, BillingProfile]
    plans: Mapping[PlanId, Plan]
    services: Mapping[ServiceId, Service]
    pack_subscriptions: Sequence[PackSubscription] = ()
    packs: Mapping[PackId, ServicePack] = field(factory=dict)
    used: Used = field(factory=dict)
    children: Mapping[PackSubscriptionId, Sequence[Subscription]] = field(factory=dict)

    @property
    def owing(self) -> tuple[TenantId, ...]:
        """The tenants that owe anything, in order."""
        plain = {each.tenant_id for each in self.subscriptions}
        return tuple(sorted(plain.union(each.tenant_id for each in self.pack_subscriptions)))

    def by_tenant(self) -> Iterator[tuple[TenantId, tuple[Subscription, ...]]]:
        """Yield each tenant with its due subscriptions, in order; some have nothing but packs."""
        grouped: dict[TenantId, list[Subscription]] = {tenant_id: [] for tenant_id in self.owing}
        for subscription in self.subscriptions:
            grouped[subscription.tenant_id].append(subscription)
        for tenant_id, subscriptions in grouped.items():
            yield tenant_id, tuple(subscriptions)


@frozen(kw_only=True)
class Sale:
    """One tenant's charges in one currency; ``invoice`` is None if there is nothing to show."""

    tenant: Tenant
    profile: BillingProfile
    charges: tuple[Charge, ...]
    invoice: Invoice | None

    def ledger(self, run_id: RunId, at: datetime) -> tuple[BilledPeriod, ...]:
        """Return the ledger's rows for these charges."""
        invoice_id: InvoiceId | None = self.invoice.id if self.invoice else None
        return tuple(
            BilledPeriod(
                subscription_id=SubscriptionId(charge.subscription.id),
                ordinal=charge.ordinal,
                charge_kind=charge.kind,
                partner_id=charge.subscription.partner_id,
                tenant_id=charge.subscription.tenant_id,
                period_start=charge.period.start,
                period_end=charge.period.end,
                net_cents=charge.net_cents,
                currency=charge.currency,
                invoice_id=invoice_id,
                run_id=run_id,
                billed_at=at,
            )
            for charge in self.charges
        )


def sales_of(batch: Batch, tenant_id: TenantId, subscriptions: Sequence[Subscription], ids: Ids) -> tuple[Sale, ...]:
    """Draft what one tenant owes up to the batch's cutoff: one sale a currency, more if it has too many lines.

    Nothing is changed: ``settle`` does that once the drafts are accepted. Raises
    ``BillingProfileRequired``, and ``NotFound`` for a plan or service that is gone.
    """
    profile = batch.profiles.get(tenant_id)
    if profile is None:
        raise BillingProfileRequired(tenant_id)
    charges = [charge for subscription in subscriptions for charge in _charges(batch, subscription, ids)]
    charges += _pack_charges(batch, tenant_id, ids)
    tenant = batch.tenants[tenant_id]
    sales = []
    for currency in dict.fromkeys(charge.currency for charge in charges):
        own = bearable(tuple(charge for charge in charges if charge.currency == currency))
        for portion in portions(own):
            invoice = _draft(batch, tenant, portion, ids)
            sales.append(Sale(tenant=tenant, profile=profile, charges=portion, invoice=invoice))
    return tuple(sales)


def usage_due(batch: Batch) -> Iterator[tuple[Subscription, OwedUsage]]:
    """Yield whose usage of which period is to be charged, up to the batch's cutoff.

    What lacks a plan or a service is left out: drafting finds that again, and says so.
    """
    known, seller, cutoff = Known(batch.plans, batch.services), batch.seller.configuration, batch.cutoff
    for subscription in batch.subscriptions:
        with suppress(NotFound):
            yield from ((subscription, usage) for usage in owing(subscription, known, seller, cutoff).usage)
    for it in batch.pack_subscriptions:
        with suppress(NotFound):
            if it.pack_id in batch.packs:
                begun = pack_usage(it, batch.packs[it.pack_id], known, seller, cutoff, batch.children.get(it.id, ()))
                yield from ((child, usage) for child, usage in begun if usage.due_on <= cutoff)


def settle(sale: Sale) -> tuple[Subscription | PackSubscription, ...]:
    """Advance the subscriptions past what the sale charges, and return them."""
    billed: dict[str, list[Charge]] = {}
    for charge in sale.charges:
        billed.setdefault(charge.subscription.id, []).append(charge)
    # Usage last: a pack's period may be billed together with what its children used in it.
    for charge in sorted(sale.charges, key=lambda each: each.kind is ChargeKind.USAGE):
        charge.settle()
    for charges in billed.values():
        ordinals = {kind: tuple(charge.ordinal for charge in charges if charge.kind is kind) for kind in ChargeKind}
        charges[0].subscription.record_billing(
            sale.invoice.id if sale.invoice else None,
            ordinals[ChargeKind.RECURRING] + ordinals[ChargeKind.PACK],
            ordinals[ChargeKind.ADJUSTMENT],
            ordinals[ChargeKind.USAGE],
        )
    touched = [charges[0].subscription for charges in billed.values()]
    touched += [child for charge in sale.charges for child, _ in charge.then_owes]
    return tuple(dict.fromkeys(touched))


def _charges(batch: Batch, subscription: Subscription, ids: Ids) -> Iterator[Charge]:
    known = Known(batch.plans, batch.services)
    configuration = batch.seller.configuration
    owed = owing(subscription, known, configuration, batch.cutoff)
    for period in owed.periods:
        line = recurring_line(ids.new("lin"), period.sold, period.due)
        yield Charge(
            subscription=subscription,
            owed=period.due,
            line=line if line.net_cents or configuration.zero_amount_invoices else None,
            net_cents=line.net_cents,
            currency=period.sold.price.currency,
            then_owes=((subscription, period.usage),) if period.usage else (),
        )
    for usage in owed.usage:
        yield _usage_charge(batch, subscription, usage, ids)
    for adjustment in subscription.adjustments:
        if adjustment.due_on <= batch.cutoff:
            yield adjusted(subscription, adjustment, known, ids)


def _pack_charges(batch: Batch, tenant_id: TenantId, ids: Ids) -> Iterator[Charge]:
    known = Known(batch.plans, batch.services)
    for it in batch.pack_subscriptions:
        if it.tenant_id == tenant_id:
            if it.pack_id not in batch.packs:
                raise NotFound.of("pack", it.pack_id)
            children = batch.children.get(it.id, ())
            charges = pack_charges(
                it, batch.packs[it.pack_id], known, batch.seller.configuration, batch.cutoff, ids, children
            )
            for charge in charges:
                yield charge
                for child, usage in charge.then_owes:
                    if usage.due_on <= batch.cutoff:
                        yield _usage_charge(batch, child, usage, ids)


def _usage_charge(batch: Batch, subscription: Subscription, usage: OwedUsage, ids: Ids) -> Charge:
    used = batch.used.get((subscription.id, usage.ordinal), {})
    known = Known(batch.plans, batch.services)
    return usage_charge(subscription, usage, used, known, batch.seller.configuration, ids)


def _draft(batch: Batch, tenant: Tenant, charges: Sequence[Charge], ids: Ids) -> Invoice | None:
    lines = tuple(line for charge in charges for line in charge.lines)
    if not lines:
        return None
    periods = [line.period for line in lines if line.period is not None]
    return Invoice(
        id=InvoiceId(ids.new("inv")),
        partner_id=tenant.partner_id,
        tenant_id=tenant.id,
        seller_id=batch.seller.id,
        currency=charges[0].currency,
        created_at=batch.now,
        lines=lines,
        period=Period(min(p.start for p in periods), max(p.end for p in periods)) if periods else None,
        run_id=batch.run_id,
    )
