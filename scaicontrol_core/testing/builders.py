"""Things of the business with every field filled in; a test names only the fields it is about."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from scaicontrol_core.catalog.pack import PackTerms, ServicePack
from scaicontrol_core.catalog.pack_offer import PackItem
from scaicontrol_core.catalog.plan import Plan, PlanTerms
from scaicontrol_core.catalog.service import Service, ServiceTerms
from scaicontrol_core.catalog.usage_pricing import UsageTier
from scaicontrol_core.kernel.ids import PackId, PartnerId, PlanId, ServiceId, SubscriptionId, TenantId
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.subscriptions import BillingSchedule, Subscription, SubscriptionStatus
from scaicontrol_core.tenancy.billing_profile import BillingDetails, BillingProfile
from scaicontrol_core.tenancy.partner import Partner
from scaicontrol_core.tenancy.seller import PartnerConfiguration
from scaicontrol_core.tenancy.tenant import Tenant
from scaicontrol_core.testing.clock import DEFAULT_START

OPERATOR_ID = PartnerId("prt_operator")
TENANT_ID = TenantId("tnt_1")
SERVICE_ID = ServiceId("svc_1")
PLAN_ID = PlanId("pln_1")
PACK_ID = PackId("pck_1")


def seller_configuration(**fields: Any) -> PartnerConfiguration:
    """Return the configuration of a Dutch seller that may invoice."""
    usual: dict[str, Any] = {
        "legal_name": "ScaiLabs B.V.",
        "seller_address_line1": "Keizersgracht 1",
        "seller_postal_code": "1015 CJ",
        "seller_city": "Amsterdam",
        "seller_country_code": "NL",
        "seller_vat_number": "NL868355884B01",
        "seller_registration_number": "82105513",
        "seller_email": "billing@seller.example",
        "seller_phone": "+31 20 555 0101",
        "iban": "NL91ABNA0417164300",
        "bic": "ABNANL2A",
        "invoice_number_prefix": "SCAI",
    }
    return PartnerConfiguration(**(usual | fields))


def billing_details(**fields: Any) -> BillingDetails:
    """Return the details of a Dutch business."""
    usual: dict[str, Any] = {
        "company_name": "Bakkerij Jansen B.V.",
        "address_line1": "Oudegracht 12",
        "postal_code": "3511 LX",
        "city": "Utrecht",
        "country_code": "NL",
        "vat_number": "NL868966393B01",
        "contact_email": "administratie@jansen.example",
        "preferred_language": "nl",
    }
    return BillingDetails(**(usual | fields))


def plan_terms(**fields: Any) -> PlanTerms:
    """Return the terms of a monthly plan at EUR 199.00."""
    usual: dict[str, Any] = {
        "name": "Pro",
        "tier": "pro",
        "billing_period": Cadence.MONTHLY,
        "base_price_cents": 19900,
        "currency": "EUR",
    }
    return PlanTerms(**(usual | fields))


def usage_tier(**fields: Any) -> UsageTier:
    """Return an open bracket of API calls at 3 cents per 10."""
    usual: dict[str, Any] = {"metric": "api_calls", "unit_price_cents": Decimal(3), "unit_divisor": 10}
    return UsageTier(**(usual | fields))


def service_terms(**fields: Any) -> ServiceTerms:
    """Return the terms of a service."""
    usual: dict[str, Any] = {"app_id": "scaikey", "name": "ScaiKey"}
    return ServiceTerms(**(usual | fields))


def pack_terms(**fields: Any) -> PackTerms:
    """Return the terms of a monthly pack at EUR 99.00."""
    usual: dict[str, Any] = {
        "name": "Growth",
        "billing_period": Cadence.MONTHLY,
        "base_price_cents": 9900,
        "currency": "EUR",
    }
    return PackTerms(**(usual | fields))


def new_partner(partner_id: PartnerId = OPERATOR_ID, *, operator: bool = True, **fields: Any) -> Partner:
    """Return a partner nobody stored yet; ``fields`` are those of its configuration, ``name`` its own."""
    name = fields.pop("name", "ScaiLabs")
    configuration = seller_configuration(**fields)
    return Partner.create(partner_id, name, configuration, DEFAULT_START, operator=operator)


def new_tenant(tenant_id: TenantId = TENANT_ID, partner_id: PartnerId = OPERATOR_ID, **fields: Any) -> Tenant:
    """Return a tenant nobody stored yet."""
    usual: dict[str, Any] = {"name": "Bakkerij Jansen", "created_at": DEFAULT_START}
    return Tenant(id=tenant_id, partner_id=partner_id, **(usual | fields)).record_creation()


def new_profile(tenant_id: TenantId = TENANT_ID, partner_id: PartnerId = OPERATOR_ID, **fields: Any) -> BillingProfile:
    """Return a billing profile nobody stored yet."""
    return BillingProfile.create(tenant_id, partner_id, billing_details(**fields), DEFAULT_START)


def new_service(service_id: ServiceId = SERVICE_ID, slug: str = "scaikey", **fields: Any) -> Service:
    """Return a service nobody stored yet."""
    return Service.create(service_id, slug, service_terms(**({"app_id": slug} | fields)), DEFAULT_START)


def new_plan(
    plan_id: PlanId = PLAN_ID,
    service: tuple[ServiceId, str] = (SERVICE_ID, "scaikey"),
    slug: str = "pro",
    **fields: Any,
) -> Plan:
    """Return a plan nobody stored yet."""
    return Plan.create(plan_id, service, slug, plan_terms(**fields), DEFAULT_START)


def new_pack(*items: PackItem, pack_id: PackId = PACK_ID, slug: str = "growth", **fields: Any) -> ServicePack:
    """Return a pack nobody stored yet."""
    return ServicePack.create(pack_id, slug, pack_terms(**fields), items, DEFAULT_START)


def item_of(plan: Plan, override_price_cents: int | None = None) -> PackItem:
    """Return the plan as an item of a pack."""
    return PackItem(
        service_id=plan.service_id,
        plan_id=plan.id,
        plan_key=plan.plan_key,
        override_price_cents=override_price_cents,
    )


def running_subscription(name: str, tenant_id: TenantId, partner_id: PartnerId) -> Subscription:
    """Return an active monthly subscription to the plan since 2026-01-01."""
    start = date(2026, 1, 1)
    return Subscription(
        id=SubscriptionId(f"sub_{name}"),
        partner_id=partner_id,
        tenant_id=tenant_id,
        service_id=SERVICE_ID,
        plan_id=PLAN_ID,
        plan_key="scaikey.pro",
        starts_on=start,
        created_at=DEFAULT_START,
        status=SubscriptionStatus.ACTIVE,
        schedule=BillingSchedule(start, Cadence.MONTHLY),
    )
