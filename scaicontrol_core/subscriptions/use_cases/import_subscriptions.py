"""Take over live subscriptions from another system: nothing is billed twice, nothing announced anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import ErrorKind, FieldError, Invalid, ScaiControlError
from scaicontrol_core.kernel.ids import Ids, PartnerId, SubscriptionId, TenantId
from scaicontrol_core.kernel.paging import MAX_LIMIT, PageRequest
from scaicontrol_core.kernel.work import Retry, UnitOfWorkFactory
from scaicontrol_core.subscriptions.changing import Moment
from scaicontrol_core.subscriptions.errors import BillingProfileRequired, SubscriptionExists
from scaicontrol_core.subscriptions.live_rows import LiveRow, read_live_row
from scaicontrol_core.subscriptions.ports import SubscriptionFilter, SubscriptionsWork
from scaicontrol_core.subscriptions.subscription import Subscription
from scaicontrol_core.tenancy.selling import home_partner, seller_for

if TYPE_CHECKING:
    from scaicontrol_core.catalog.plan import Plan
    from scaicontrol_core.catalog.service import Service
    from scaicontrol_core.tenancy.tenant import Tenant

#: The metadata that tells which row a subscription was made from.
_MARK = "import_reference"
#: Kinds of failure that are the row's own fault; any other stops the import.
_ROW_FAULTS = frozenset({ErrorKind.INVALID, ErrorKind.CONFLICT, ErrorKind.NOT_FOUND, ErrorKind.REFUSED})


@frozen(kw_only=True)
class ImportOrder:
    """Rows to take over, by column name; tenants are named by id or external reference.

    ``announce`` has ``subscription.activated.v1`` go out for each, as for a sale.
    """

    rows: Sequence[Mapping[str | None, Any]]
    partner_id: PartnerId | None = None
    announce: bool = False
    dry_run: bool = False


@frozen(kw_only=True)
class TakenOver:
    """A row that went in, or (``known``) had gone in before. Days are local, amounts minor units."""

    row: int
    reference: str | None
    subscription_id: SubscriptionId
    tenant_id: TenantId
    plan_key: str
    known: bool
    next_billing_on: date | None
    mrr_cents: int
    currency: str


@frozen(kw_only=True)
class NotTakenOver:
    """A row of which nothing was written, and why."""

    row: int
    reference: str | None
    code: str
    message: str
    fields: tuple[FieldError, ...]


@frozen(kw_only=True)
class Reconciliation:
    """What became of every row, and what it sums to: held against the other system's own sums."""

    taken: tuple[TakenOver, ...]
    failed: tuple[NotTakenOver, ...]
    dry_run: bool

    @property
    def created(self) -> int:
        """How many are new here."""
        return sum(1 for row in self.taken if not row.known)

    @property
    def mrr(self) -> dict[str, int]:
        """The MRR of all rows taken, by currency, in minor units."""
        sums: dict[str, int] = {}
        for row in self.taken:
            sums[row.currency] = sums.get(row.currency, 0) + row.mrr_cents
        return sums


@frozen
class ImportSubscriptions:
    """Best effort, each row in a transaction of its own; the same file again changes nothing.

    A bad row is reported and the others go on. Raises ``NotFound`` (partner).
    """

    work: UnitOfWorkFactory[SubscriptionsWork]
    clock: Clock
    ids: Ids
    retry: Retry

    async def __call__(self, actor: Actor, order: ImportOrder) -> Reconciliation:
        """Return what became of every row."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS)
        async with self.work.begin(actor, read_only=True) as work:
            partner_id = (await home_partner(work, actor.scope, order.partner_id)).id
        taken: list[TakenOver] = []
        failed: list[NotTakenOver] = []
        for number, cells in enumerate(order.rows, start=1):

            async def attempt(number: int = number, cells: Mapping[str | None, Any] = cells) -> TakenOver:
                return await self._row(actor, order, partner_id, number, read_live_row(cells))

            try:
                taken.append(await self.retry(attempt))
            except ScaiControlError as error:
                if error.kind not in _ROW_FAULTS:
                    raise
                failed.append(_failure(number, cells, error))
        return Reconciliation(taken=tuple(taken), failed=tuple(failed), dry_run=order.dry_run)

    async def _row(
        self, actor: Actor, order: ImportOrder, partner_id: PartnerId, number: int, row: LiveRow
    ) -> TakenOver:
        now = self.clock.now()
        async with self.work.begin(actor, read_only=order.dry_run) as work:
            tenant = await _tenant(work, partner_id, row.tenant)
            plan = await work.plans.by_key(row.plan_key)
            service = await work.services.get(plan.service_id)
            if not await work.billing_profiles.exists(tenant.id):
                raise BillingProfileRequired(tenant.id)
            subscription = await _known(work, tenant, service, row)
            known = subscription is not None
            if subscription is None:
                seller = seller_for(*await work.sellers.own_and_operator(tenant.partner_id))
                timezone = seller.configuration.billing_timezone
                subscription = self._subscription(row, tenant, service, plan)
                subscription.take_over(plan, row, Moment(at=now, timezone=timezone), announce=order.announce)
                if not order.dry_run:
                    await work.subscriptions.add(subscription)
                    await work.commit()
        return TakenOver(
            row=number,
            reference=row.reference,
            subscription_id=subscription.id,
            tenant_id=tenant.id,
            plan_key=subscription.plan_key,
            known=known,
            next_billing_on=subscription.next_billing_on,
            mrr_cents=plan.mrr_cents * subscription.quantity,
            currency=plan.currency,
        )

    def _subscription(self, row: LiveRow, tenant: Tenant, service: Service, plan: Plan) -> Subscription:
        now = self.clock.now()
        return Subscription(
            id=SubscriptionId(self.ids.new("sub")),
            partner_id=tenant.partner_id,
            tenant_id=tenant.id,
            service_id=service.id,
            plan_id=plan.id,
            plan_key=plan.plan_key,
            starts_on=row.started_on or row.billed_until or now.date(),
            created_at=now,
            quantity=row.quantity,
            exclusive=not service.allows_multiple,
            metadata={_MARK: row.reference or ""},
        )


async def _tenant(work: SubscriptionsWork, partner_id: PartnerId, named: str) -> Tenant:
    found = await work.tenants.find_by_reference(partner_id, named)
    return found or await work.tenants.get(TenantId(named))


async def _known(work: SubscriptionsWork, tenant: Tenant, service: Service, row: LiveRow) -> Subscription | None:
    """Return the one that this row made before; ``SubscriptionExists`` if another is in its place."""
    if service.allows_multiple and not row.reference:
        text = f"{service.slug} may be had several times: name each by a reference of its own."
        raise Invalid.field("/reference", text, code="row_invalid")
    wanted = SubscriptionFilter(tenant_id=tenant.id, service_id=service.id)
    page = await work.subscriptions.list(wanted, PageRequest(limit=MAX_LIMIT))
    before = next((each for each in page.items if each.metadata.get(_MARK) == (row.reference or "")), None)
    if before is not None:
        return before
    if not service.allows_multiple and any(each.is_live for each in page.items):
        raise SubscriptionExists(service.slug)
    return None


def _failure(number: int, cells: Mapping[str | None, Any], error: ScaiControlError) -> NotTakenOver:
    return NotTakenOver(
        row=number,
        reference=str(cells.get("reference") or "").strip() or None,
        code=error.code,
        message=error.message,
        fields=error.fields,
    )
