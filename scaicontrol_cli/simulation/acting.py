"""Customers act: they join, and their wishes become calls of use cases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from scaicontrol_core.billing.use_cases.change_subscription import ChangeSubscription, SubscriptionChange
from scaicontrol_core.kernel.ids import PackSubscriptionId, SubscriptionId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.simulation import behaviour as acts
from scaicontrol_core.subscriptions.ports import SubscriptionFilter
from scaicontrol_core.subscriptions.use_cases.cancel_pack_subscription import CancelPackSubscription
from scaicontrol_core.subscriptions.use_cases.cancel_subscription import CancelSubscription
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.subscriptions.use_cases.extend_trial import ExtendTrial
from scaicontrol_core.subscriptions.use_cases.get_pack_subscription import GetPackSubscription
from scaicontrol_core.subscriptions.use_cases.list_subscriptions import ListSubscriptions
from scaicontrol_core.subscriptions.use_cases.pause_subscription import PauseSubscription
from scaicontrol_core.subscriptions.use_cases.resume_pack_subscription import ResumePackSubscription
from scaicontrol_core.subscriptions.use_cases.resume_subscription import ResumeSubscription
from scaicontrol_core.subscriptions.use_cases.subscribe_pack import NewPackSubscription, SubscribePack
from scaicontrol_core.tax import VatNumberFormat
from scaicontrol_core.tenancy.use_cases.check_vat_number import CheckVatNumber
from scaicontrol_core.tenancy.use_cases.create_tenant import CreateTenant, NewTenant
from scaicontrol_core.tenancy.use_cases.set_billing_profile import SetBillingProfile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaicontrol_cli.simulation.company import Account, Company
    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.simulation.behaviour import Standing, WishfulDay
    from scaicontrol_core.simulation.population import Customer
    from scaicontrol_core.subscriptions.subscription import Subscription

_MOMENT = timedelta(seconds=7)


async def join(company: Company, customer: Customer) -> Iterator[WishfulDay]:
    """Take a customer on and sell it what it came for; return the wishes of its trial, if that is one."""
    company.pass_time(_MOMENT)
    partner_id = None if customer.reseller is None else company.resellers[customer.reseller]
    details = customer.details
    if details.vat_number is not None and customer.vat_number_known:
        company.register.known.add(details.vat_number)
    wanted = NewTenant(
        name=details.company_name,
        external_reference=customer.reference,
        collection_method=customer.collection_method,
        partner_id=partner_id,
    )
    tenant = await company.use(CreateTenant)(company.actor, wanted)
    profile = await company.use(SetBillingProfile)(company.actor, tenant.id, details)
    if profile.details.vat_number is not None and VatNumberFormat().is_registrable(profile.details.vat_number):
        await company.use(CheckVatNumber)(company.actor, tenant.id)
    company.done["join"] += 1
    account = company.take_on(customer, tenant.id)
    return await _buy(company, account, acts.first_purchase(customer), "first_purchase")


async def fulfil(company: Company, wished: WishfulDay) -> tuple[Iterator[WishfulDay], Invoice | None]:
    """Do what a customer wishes, if it comes to anything; return what it then wishes, and an invoice made at once."""
    company.pass_time(_MOMENT)
    account = company.accounts[wished.reference]
    held = await holdings(company, account)
    action = company.behaviour.decide(account.customer, wished, held)
    if isinstance(action, acts.Subscribe | acts.SubscribePack):
        return await _buy(company, account, action, wished.wish.value), None
    if action is None:
        return iter(()), None
    return iter(()), await _do(company, wished, action)


async def holdings(company: Company, account: Account) -> list[Standing]:
    """Return what a customer has or had, packs as one each."""
    wanted = SubscriptionFilter(tenant_id=account.tenant_id)
    found = await company.use(ListSubscriptions)(company.actor, wanted, PageRequest(limit=100))
    held = [_standing(each) for each in sorted(found.items, key=lambda each: each.id)]
    for pack_id in account.packs:
        pack = await company.use(GetPackSubscription)(company.actor, pack_id)
        held.append(acts.Standing(id=pack.id, plan_key=pack.pack_slug, status=pack.status, is_pack=True))
    return held


def _standing(it: Subscription) -> Standing:
    return acts.Standing(
        id=it.id,
        plan_key=it.plan_key,
        status=it.status,
        quantity=it.quantity,
        in_pack=it.pack_subscription_id is not None,
    )


async def _buy(
    company: Company, account: Account, action: acts.Subscribe | acts.SubscribePack, name: str
) -> Iterator[WishfulDay]:
    if isinstance(action, acts.SubscribePack):
        wanted = NewPackSubscription(account.tenant_id, action.slug)
        pack = await company.attempt(name, company.use(SubscribePack)(company.actor, wanted))
        if pack is not None:
            account.packs.append(pack.id)
            company.done["pack"] += 1
        return iter(())
    new = NewSubscription(tenant_id=account.tenant_id, plan_key=action.plan_key, quantity=action.quantity)
    sold = await company.attempt(name, company.use(CreateSubscription)(company.actor, new))
    if sold is None or sold.trial_ends_at is None:
        return iter(())
    company.done["trial"] += 1
    ends_on = local_date(sold.trial_ends_at, company.timezone)
    return company.behaviour.trial_wishes(account.customer, sold.starts_on, ends_on, sold.starts_on.toordinal())


async def _do(company: Company, wished: WishfulDay, action: acts.Action) -> Invoice | None:
    name = wished.wish.value
    if isinstance(action, acts.Change):
        change = SubscriptionChange(
            plan_key=action.plan_key,
            quantity=action.quantity,
            effective=action.effective,
            proration=action.proration,
        )
        doing = company.use(ChangeSubscription)(company.actor, action.subscription_id, change)
        outcome = await company.attempt(name, doing)
        return outcome.invoice if outcome is not None else None
    if isinstance(action, acts.Pause):
        pausing = company.use(PauseSubscription)(company.actor, action.subscription_id, until=action.until)
        await company.attempt(name, pausing)
    elif isinstance(action, acts.ExtendTrial):
        until = wished.day + timedelta(days=action.days)
        await company.attempt(name, company.use(ExtendTrial)(company.actor, action.subscription_id, until))
    elif isinstance(action, acts.Cancel):
        await _cancel(company, name, action)
    elif isinstance(action, acts.Resume):
        await _resume(company, name, action)
    return None


async def end_all(company: Company, account: Account) -> None:
    """Cancel everything a customer has: it does not pay."""
    for it in await holdings(company, account):
        if it.is_live and not it.in_pack:
            await _cancel(company, "cancel_unpaid", acts.Cancel(it, immediate=True), "unpaid")


async def _cancel(company: Company, name: str, action: acts.Cancel, reason: str | None = None) -> None:
    it, at_once, actor = action.it, action.immediate, company.actor
    if it.is_pack:
        of_pack, pack_id = company.use(CancelPackSubscription), PackSubscriptionId(it.id)
        await company.attempt(name, of_pack(actor, pack_id, immediate=at_once, reason=reason))
    else:
        plain, plain_id = company.use(CancelSubscription), SubscriptionId(it.id)
        await company.attempt(name, plain(actor, plain_id, immediate=at_once, reason=reason))


async def _resume(company: Company, name: str, action: acts.Resume) -> None:
    it = action.it
    if it.is_pack:
        await company.attempt(name, company.use(ResumePackSubscription)(company.actor, PackSubscriptionId(it.id)))
    else:
        await company.attempt(name, company.use(ResumeSubscription)(company.actor, SubscriptionId(it.id)))
