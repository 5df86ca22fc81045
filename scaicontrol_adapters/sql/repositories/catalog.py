"""Services, plans and packs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from attrs import evolve
from sqlalchemy import Text, delete, func, or_, select, type_coerce

from scaicontrol_adapters.sql.mapping import DECIMAL, DECIMALS, INSTANT, Fields, enum, json_list
from scaicontrol_adapters.sql.reads.catalog import PACKS, SERVICES, page_of_plans, page_of_shelf
from scaicontrol_adapters.sql.repositories.base import Children, Repository, Table, refuse_foreign, telling
from scaicontrol_adapters.sql.rows.catalog import PackItemRow, PackRow, PlanRow, ServiceRow, UsagePriceRow
from scaicontrol_adapters.sql.rows.subscriptions import SubscriptionRow
from scaicontrol_core.catalog.errors import AppIdTaken, SlugTaken
from scaicontrol_core.catalog.pack import DiscountType, PackTerms, ServicePack
from scaicontrol_core.catalog.pack_offer import PackItem, PackOffer
from scaicontrol_core.catalog.plan import Plan, PlanPrice, PlanTerms
from scaicontrol_core.catalog.service import Aggregation, Metric, Service, ServiceTerms
from scaicontrol_core.catalog.usage_pricing import TierMode, UsagePrices, UsageTier
from scaicontrol_core.kernel.errors import NotFound, Stale
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.subscriptions.lifecycle import LIVE_STATUSES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scaicontrol_core.catalog.ports import PlanFilter
    from scaicontrol_core.kernel.ids import PackId, PlanId, ServiceId
    from scaicontrol_core.kernel.paging import Page, PageRequest

T = TypeVar("T")

_METRICS = json_list(Fields(Metric, codecs={"aggregation": enum(Aggregation)}))
#: ``metadata`` is a name that SQLAlchemy keeps for itself.
_METADATA = {"metadata": "metadata_json"}
_SERVICES: Table[Service] = Table(
    ServiceRow,
    Fields(Service, parts={"terms": Fields(ServiceTerms, codecs={"metrics": _METRICS}, columns_as=_METADATA)}),
    what="service",
    fixed=("slug", "created_at"),
)
_TIER = Fields(UsageTier, codecs={"unit_price_cents": DECIMAL, "tier_mode": enum(TierMode)})
_USAGE_PRICES = Fields(UsagePrices, codecs={"valid_from": INSTANT, "tiers": json_list(_TIER)})
_PLANS: Table[Plan] = Table(
    PlanRow,
    Fields(
        Plan,
        codecs={
            "prices": json_list(Fields(PlanPrice, codecs={"valid_from": INSTANT, "cadence": enum(Cadence)})),
            "usage_prices": json_list(_USAGE_PRICES),
            "billable_rate": DECIMALS,
        },
        parts={
            "terms": Fields(
                PlanTerms,
                codecs={"billing_period": enum(Cadence), "cost_margins": DECIMALS},
                elsewhere=("usage_pricing",),
                columns_as=_METADATA,
            )
        },
    ),
    what="plan",
    fixed=("slug", "service_id", "service_slug", "created_at"),
)
_OFFER = Fields(
    PackOffer,
    codecs={
        "valid_from": INSTANT,
        "cadence": enum(Cadence),
        "discount_percentage": DECIMAL,
        "items": json_list(Fields(PackItem)),
    },
)
_PACKS: Table[ServicePack] = Table(
    PackRow,
    Fields(
        ServicePack,
        elsewhere=("items",),
        codecs={"offers": json_list(_OFFER)},
        parts={
            "terms": Fields(PackTerms, codecs={"billing_period": enum(Cadence), "discount_type": enum(DiscountType)})
        },
    ),
    what="pack",
    fixed=("slug", "created_at"),
)
_TIERS: Children[UsageTier] = Children(
    UsagePriceRow, Fields(UsageTier, codecs={"tier_mode": enum(TierMode)}), parent="plan_id"
)
_ITEMS: Children[PackItem] = Children(PackItemRow, Fields(PackItem), parent="pack_id")


class SqlServices(Repository[Service]):
    """Services (port ``Services``)."""

    table = _SERVICES

    async def get(self, service_id: ServiceId) -> Service:
        """Return one, or raise ``NotFound``."""
        return await self.load(service_id)

    async def find_by_slug(self, slug: str) -> Service | None:
        """Return the one of that slug, if any."""
        return await self.find_where(ServiceRow.slug == slug)

    async def by_slug(self, slug: str) -> Service:
        """Return the one of that slug, or raise ``NotFound``."""
        return _found(await self.find_by_slug(slug), "service", slug)

    async def all(self) -> Sequence[Service]:
        """Return every one, by ``sort_order``, then slug."""
        return await self.all_where(order=(ServiceRow.sort_order, ServiceRow.slug))

    async def add(self, service: Service) -> None:
        """Store a new one; raises ``SlugTaken`` or ``AppIdTaken``."""
        async with telling(SlugTaken("service", service.slug), AppIdTaken(service.app_id)):
            await super().add(service)

    async def save(self, service: Service) -> None:
        """Store a changed one; raises ``Stale`` or ``AppIdTaken``."""
        async with telling(AppIdTaken(service.app_id)):
            await super().save(service)

    async def list(self, request: PageRequest, *, shown_only: bool = False) -> Page[Service]:
        """Return a page."""
        return await page_of_shelf(self._transaction, self.table, SERVICES, request, shown_only=shown_only)


class SqlPlans(Repository[Plan]):
    """Plans with their usage prices (port ``Plans``)."""

    table = _PLANS

    def values(self, aggregate: Plan) -> dict[str, Any]:
        """Add the key that plans are looked up by."""
        return super().values(aggregate) | {"plan_key": aggregate.plan_key}

    async def get(self, plan_id: PlanId) -> Plan:
        """Return one, or raise ``NotFound``."""
        return (await self._priced([await self.load(plan_id)]))[0]

    async def get_many(self, plan_ids: Sequence[PlanId]) -> Mapping[PlanId, Plan]:
        """Return those of the ids that exist."""
        return {plan.id: plan for plan in await self._priced(await self.all_in(plan_ids))}

    async def find_by_key(self, plan_key: str) -> Plan | None:
        """Return the one of that key, if any."""
        found = await self.find_where(PlanRow.plan_key == plan_key)
        return None if found is None else (await self._priced([found]))[0]

    async def by_key(self, plan_key: str) -> Plan:
        """Return the one of that key, or raise ``NotFound``."""
        return _found(await self.find_by_key(plan_key), "plan", plan_key)

    async def all(self) -> Sequence[Plan]:
        """Return every one, by service slug, then ``sort_order``, then slug."""
        order = (PlanRow.service_slug, PlanRow.sort_order, PlanRow.slug)
        return await self._priced(await self.all_where(order=order))

    async def add(self, plan: Plan) -> None:
        """Store a new one; raises ``SlugTaken``."""
        async with telling(SlugTaken("plan", plan.slug)):
            await super().add(plan)
        await self._transaction.insert(UsagePriceRow, _TIERS.written(plan.id, plan.terms.usage_pricing))

    async def save(self, plan: Plan) -> None:
        """Store a changed one, its usage prices replaced if they differ; raises ``Stale``."""
        await super().save(plan)
        await _TIERS.replace(self._transaction, plan.id, plan.terms.usage_pricing)

    async def remove(self, plan: Plan) -> None:
        """Delete it for good; raises ``Stale`` if others changed it, ``Conflict`` while a pack has it."""
        refuse_foreign(PlanRow, self._transaction.scope, self.values(plan))
        matching = delete(PlanRow).where(PlanRow.id == plan.id, PlanRow.version == plan.version)
        # The brackets first: cascades run past triggers on MariaDB, and need no relying on here.
        await self._transaction.execute(
            delete(UsagePriceRow).where(UsagePriceRow.plan_id == plan.id), synchronize_session=False
        )
        if await self._transaction.update(matching, {}) != 1:
            raise Stale("This plan was changed by somebody else.", hint="Read it again.")
        self._transaction.journal.take(plan, plan.version + 1)

    async def was_subscribed(self, plan_id: PlanId) -> bool:
        """Tell whether any subscription names the plan: as its own, planned, or for periods still to bill."""
        row = SubscriptionRow
        named = (
            type_coerce(column, Text).contains(f'"{plan_id}"', autoescape=True)
            for column in (row.terms_by_period, row.pending_change, row.adjustments)
        )
        any_one = select(row.id).where(or_(row.plan_id == plan_id, *named)).limit(1)
        return (await self._transaction.execute(any_one)).first() is not None

    async def live_subscriptions(self, plan_id: PlanId) -> int:
        """Count the subscriptions to the plan within scope that are not over."""
        live = SubscriptionRow.status.in_([status.value for status in LIVE_STATUSES])
        counted = select(func.count(SubscriptionRow.id)).where(SubscriptionRow.plan_id == plan_id, live)
        return int((await self._transaction.execute(counted)).scalar_one())

    async def list(self, request: PageRequest, criteria: PlanFilter) -> Page[Plan]:
        """Return a page of those the filter lets pass."""
        page = await page_of_plans(self._transaction, self.table, request, criteria)
        return evolve(page, items=tuple(await self._priced(page.items)))

    async def _priced(self, plans: Sequence[Plan]) -> Sequence[Plan]:
        tiers = await _TIERS.of(self._transaction, [plan.id for plan in plans])
        for plan in plans:
            object.__setattr__(plan.terms, "usage_pricing", tiers.get(plan.id, ()))
        return plans


class SqlPacks(Repository[ServicePack]):
    """Packs with their items (port ``Packs``)."""

    table = _PACKS

    async def get(self, pack_id: PackId) -> ServicePack:
        """Return one, or raise ``NotFound``."""
        return (await self._filled([await self.load(pack_id)]))[0]

    async def find_by_slug(self, slug: str) -> ServicePack | None:
        """Return the one of that slug, if any."""
        found = await self.find_where(PackRow.slug == slug)
        return None if found is None else (await self._filled([found]))[0]

    async def by_slug(self, slug: str) -> ServicePack:
        """Return the one of that slug, or raise ``NotFound``."""
        return _found(await self.find_by_slug(slug), "pack", slug)

    async def all(self) -> Sequence[ServicePack]:
        """Return every one, by ``sort_order``, then slug."""
        return await self._filled(await self.all_where(order=(PackRow.sort_order, PackRow.slug)))

    async def containing(self, plan_id: PlanId) -> Sequence[str]:
        """Return the slugs of the packs that have the plan, in order."""
        slugs = (
            select(PackRow.slug)
            .join(PackItemRow, PackItemRow.pack_id == PackRow.id)
            .where(PackItemRow.plan_id == plan_id)
            .order_by(PackRow.sort_order, PackRow.slug)
        )
        return list((await self._transaction.execute(slugs)).scalars())

    async def add(self, pack: ServicePack) -> None:
        """Store a new one with its items; raises ``SlugTaken``."""
        async with telling(SlugTaken("pack", pack.slug)):
            await super().add(pack)
        await self._transaction.insert(PackItemRow, _ITEMS.written(pack.id, pack.items))

    async def save(self, pack: ServicePack) -> None:
        """Store a changed one, its items replaced if they differ; raises ``Stale``."""
        await super().save(pack)
        await _ITEMS.replace(self._transaction, pack.id, pack.items)

    async def list(self, request: PageRequest, *, shown_only: bool = False) -> Page[ServicePack]:
        """Return a page."""
        page = await page_of_shelf(self._transaction, self.table, PACKS, request, shown_only=shown_only)
        return evolve(page, items=tuple(await self._filled(page.items)))

    async def _filled(self, packs: Sequence[ServicePack]) -> Sequence[ServicePack]:
        items = await _ITEMS.of(self._transaction, [pack.id for pack in packs])
        for pack in packs:
            pack.items = items.get(pack.id, ())
        return packs


def _found(thing: T | None, what: str, key: str) -> T:
    if thing is None:
        raise NotFound.of(what, key)
    return thing
