"""The world the benches and the concurrency journeys run in: a seller, customers, drafts, subscriptions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from attrs import frozen

from scaicontrol_adapters.sql.engine import Database, create_engine
from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory
from scaicontrol_adapters.system import MonotonicIds, SystemClock
from scaicontrol_core.access import Actor
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.line import InvoiceLine
from scaicontrol_core.catalog.plan import Plan, PlanTerms
from scaicontrol_core.catalog.service import Metric, Service, ServiceTerms
from scaicontrol_core.kernel.ids import InvoiceId, LineId, PlanId, ServiceId, SubscriptionId, TenantId
from scaicontrol_core.kernel.period import Cadence, local_date
from scaicontrol_core.kernel.quantity import Quantity, UnitPrice
from scaicontrol_core.subscriptions.subscription import Subscription
from scaicontrol_core.tax import VatNumberFormat
from scaicontrol_core.tenancy.billing_profile import BillingDetails, BillingProfile
from scaicontrol_core.tenancy.partner import NewPartner, Partner
from scaicontrol_core.tenancy.seller import PartnerConfiguration
from scaicontrol_core.tenancy.tenant import Tenant
from scaicontrol_core.tenancy.use_cases.bootstrap_operator import BootstrapOperator

ACTOR = Actor.system("bench")
ZONE = "Europe/Amsterdam"
_CHUNK = 500
_COUNTRIES = ("NL", "DE", "FR", "BE", "ES", "US")


@frozen
class World:
    """A database with a billable operator in it."""

    database: Database
    work: SqlUnitOfWorkFactory
    clock: SystemClock
    ids: MonotonicIds
    operator: Partner

    async def aclose(self) -> None:
        """Close the connections."""
        await self.database.aclose()

    def today(self) -> date:
        """The operator's calendar date."""
        return local_date(self.clock.now(), ZONE)


async def open_world(url: str) -> World:
    """Set up the operator in a migrated database."""
    clock, ids = SystemClock(), MonotonicIds()
    database = create_engine(url)
    work = SqlUnitOfWorkFactory(database, clock, ids)
    seller = PartnerConfiguration(
        legal_name="ScaiLabs B.V.",
        seller_address_line1="Keizersgracht 482",
        seller_postal_code="1017 EG",
        seller_city="Amsterdam",
        seller_country_code="NL",
        seller_vat_number="NL868355884B01",
        iban="NL91ABNA0417164300",
        invoice_number_prefix="SCAI",
        oss_registered=True,
    )
    bootstrap = BootstrapOperator(work, clock, ids, VatNumberFormat())
    operator = await bootstrap(ACTOR, NewPartner(name="ScaiLabs", configuration=seller))
    return World(database, work, clock, ids, operator)


async def add_customers(world: World, count: int, *, first: int = 0) -> list[TenantId]:
    """Store customers with billing profiles, numbered from ``first``, from several countries in turn."""
    now = world.clock.now()
    made: list[TenantId] = []
    for start in range(first, first + count, _CHUNK):
        async with world.work.begin(ACTOR) as work:
            for number in range(start, min(start + _CHUNK, first + count)):
                tenant = _tenant(world, number, now)
                await work.tenants.add(tenant)
                await work.billing_profiles.add(profile(world, tenant.id, number))
                made.append(tenant.id)
            await work.commit()
    return made


async def add_tenants(world: World, count: int) -> list[TenantId]:
    """Store tenants that nothing can be sold to yet: they have no billing profiles."""
    tenants = [_tenant(world, number, world.clock.now()) for number in range(count)]
    async with world.work.begin(ACTOR) as work:
        for tenant in tenants:
            await work.tenants.add(tenant)
        await work.commit()
    return [tenant.id for tenant in tenants]


def profile(world: World, tenant_id: TenantId, number: int) -> BillingProfile:
    """Return a customer's new billing profile; the number says from which country."""
    details = BillingDetails(
        company_name=f"Customer {number}",
        address_line1=f"Street {number}",
        postal_code="1011 AB",
        city="Town",
        country_code=_COUNTRIES[number % len(_COUNTRIES)],
        is_business=False,
    )
    return BillingProfile.create(tenant_id, world.operator.id, details, world.clock.now())


def _tenant(world: World, number: int, now: datetime) -> Tenant:
    return Tenant(
        id=TenantId(world.ids.new("tnt")),
        partner_id=world.operator.id,
        name=f"Customer {number}",
        external_reference=f"c{number:06d}",
        created_at=now,
    )


async def add_drafts(world: World, tenants: Sequence[TenantId], count: int) -> list[InvoiceId]:
    """Store drafts of four lines each, spread over the tenants."""
    now = world.clock.now()
    made: list[InvoiceId] = []
    for start in range(0, count, _CHUNK):
        drafts = [
            Invoice(
                id=InvoiceId(world.ids.new("inv")),
                partner_id=world.operator.id,
                seller_id=world.operator.id,
                tenant_id=tenants[number % len(tenants)],
                currency="EUR",
                created_at=now,
                lines=tuple(_line(world, place) for place in range(4)),
            )
            for number in range(start, min(start + _CHUNK, count))
        ]
        async with world.work.begin(ACTOR) as work:
            await work.invoices.add_many(drafts)
            await work.commit()
        made += [draft.id for draft in drafts]
    return made


def _line(world: World, place: int) -> InvoiceLine:
    return InvoiceLine(
        id=LineId(world.ids.new("lin")),
        description=f"Service {place}",
        quantity=Quantity(Decimal(place + 1)),
        unit_price=UnitPrice(Decimal(1999 + place)),
    )


async def add_subscriptions(world: World, tenants: Sequence[TenantId]) -> None:
    """Store one active monthly subscription per tenant, its first period due since today."""
    now, today = world.clock.now(), world.today()
    service = Service.create(
        ServiceId(world.ids.new("svc")),
        "bench",
        ServiceTerms(app_id="bench", name="Bench", metrics=(Metric(slug="api_calls"),)),
        now,
    )
    terms = PlanTerms(name="Pro", tier="pro", billing_period=Cadence.MONTHLY, base_price_cents=19900, currency="EUR")
    plan = Plan.create(PlanId(world.ids.new("pln")), (service.id, service.slug), "pro", terms, now)
    async with world.work.begin(ACTOR) as work:
        await work.services.add(service)
        await work.plans.add(plan)
        await work.commit()
    for start in range(0, len(tenants), _CHUNK):
        async with world.work.begin(ACTOR) as work:
            for tenant_id in tenants[start : start + _CHUNK]:
                subscription = Subscription(
                    id=SubscriptionId(world.ids.new("sub")),
                    partner_id=world.operator.id,
                    tenant_id=tenant_id,
                    service_id=service.id,
                    plan_id=plan.id,
                    plan_key=plan.plan_key,
                    starts_on=today,
                    created_at=now,
                )
                subscription.activate(plan, now, ZONE, trial=False)
                await work.subscriptions.add(subscription)
            await work.commit()
