"""One example per topic, as the catalogue shows it: typed, so that it can't fall behind its payload."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from scaicontrol_core.delivery.payloads import catalog, money, subscriptions, tenancy, usage, webhooks
from scaicontrol_core.tenancy.billing_profile import BillingDetails

_NOON = datetime(2026, 5, 18, 9, 30, tzinfo=UTC)
_BUYER = BillingDetails(
    company_name="Bakkerij Zonneveld B.V.",
    address_line1="Korenmolen 12",
    postal_code="2871 SC",
    city="Schoonhoven",
    country_code="NL",
    vat_number="NL123456782B90",
    contact_email="administratie@zonneveld.example",
    preferred_language="nl",
)
_SELLER = tenancy.SellerIdentity(
    partner_name="Scai",
    legal_name="Scai B.V.",
    seller_address_line1="Herengracht 1",
    seller_postal_code="1015 BA",
    seller_city="Amsterdam",
    seller_country_code="NL",
    billing_timezone="Europe/Amsterdam",
    invoice_number_prefix="SCAI",
)
_SUBSCRIPTION: dict[str, Any] = {
    "subscription_id": "sub_01HX0W4Z6QJ9V3N5T7R8Y2K4MD",
    "service_id": "srv_01HX0VZK5F3C7D9B1A2S4G6H8J",
    "plan_id": "pln_01HX0W0M1P2Q3R4S5T6V7W8X9Y",
    "plan_key": "scaikey.pro",
    "status": "active",
    "quantity": 10,
    "mrr_amount_cents": 19900,
    "currency": "EUR",
    "current_period_start": date(2026, 5, 18),
    "current_period_end": date(2026, 6, 18),
    "trial_ends_at": None,
}
_PACK: dict[str, Any] = {
    "pack_subscription_id": "psb_01HX0WA7B8C9D0E1F2G3H4J5K6",
    "pack_id": "pck_01HX0WB1C2D3E4F5G6H7J8K9M0",
    "pack_slug": "starter",
    "status": "active",
    "price_cents": 24900,
    "currency": "EUR",
    "current_period_start": date(2026, 5, 18),
    "current_period_end": date(2026, 6, 18),
    "trial_ends_at": None,
    "pack_includes": (
        subscriptions.PackIncludes(
            service_id="srv_01HX0VZK5F3C7D9B1A2S4G6H8J",
            plan_id="pln_01HX0W0M1P2Q3R4S5T6V7W8X9Y",
            plan_key="scaikey.pro",
            subscription_id="sub_01HX0WC3D4E5F6G7H8J9K0M1N2",
        ),
    ),
}
_PAYMENT: dict[str, Any] = {
    "payment_id": "pay_01HX0WD5E6F7G8H9J0K1M2N3P4",
    "invoice_id": "inv_01HX0WE7F8G9H0J1K2M3N4P5Q6",
    "kind": "payment",
    "method": "bank_transfer",
    "provider": None,
    "amount_cents": 24079,
    "currency": "EUR",
    "received_on": date(2026, 5, 20),
    "reference": "SCAI-2026-000001",
}

TENANT_BILLING_LINKED = tenancy.TenantBillingLinked(billing_profile=_BUYER)
TENANT_BILLING_UPDATED = tenancy.TenantBillingUpdated(changed_fields=("city", "postal_code"), billing_profile=_BUYER)
PARTNER_BILLING_LINKED = tenancy.PartnerBillingLinked(seller=_SELLER)
PARTNER_BILLING_UPDATED = tenancy.PartnerBillingUpdated(changed_fields=("seller_city",), seller=_SELLER)
SUBSCRIPTION_ACTIVATED = subscriptions.SubscriptionActivated(**_SUBSCRIPTION, activated_at=_NOON)
SUBSCRIPTION_CHANGED = subscriptions.SubscriptionChanged(
    **_SUBSCRIPTION,
    change_kind="upgraded",
    previous={"plan_key": "scaikey.basic", "quantity": 5},
    changed_fields=("plan_key", "quantity"),
)
SUBSCRIPTION_CANCELLED = subscriptions.SubscriptionCancelled(
    **(_SUBSCRIPTION | {"status": "cancelled"}), terminal_state="cancelled", cancelled_at=_NOON, reason="too few users"
)
SUBSCRIPTION_SUSPENDED = subscriptions.SubscriptionSuspended(
    **(_SUBSCRIPTION | {"status": "suspended"}), reason="invoice unpaid", resumes_at=None
)
SUBSCRIPTION_RESUMED = subscriptions.SubscriptionResumed(**_SUBSCRIPTION)
SUBSCRIPTION_TRIAL_ENDING = subscriptions.SubscriptionTrialEnding(
    **(_SUBSCRIPTION | {"status": "trialing", "trial_ends_at": datetime(2026, 5, 21, 22, tzinfo=UTC)}),
    days_left=3,
    threshold_days=3,
    trial_ends_on=date(2026, 5, 22),
)
SUBSCRIPTION_PAYMENT_FAILED = subscriptions.SubscriptionPaymentFailed(
    **(_SUBSCRIPTION | {"status": "past_due"}), past_due_since=_NOON
)
PACK_SUBSCRIPTION_ACTIVATED = subscriptions.PackSubscriptionActivated(**_PACK, activated_at=_NOON)
PACK_SUBSCRIPTION_CHANGED = subscriptions.PackSubscriptionChanged(
    **_PACK, change_kind="suspended", previous={"status": "active"}, changed_fields=("status",)
)
PACK_SUBSCRIPTION_CANCELLED = subscriptions.PackSubscriptionCancelled(
    **(_PACK | {"status": "cancelled"}), cancelled_at=_NOON, reason=None
)
INVOICE_ISSUED = money.InvoiceIssued(
    number="SCAI-2026-000001",
    document_type="invoice",
    issue_date=date(2026, 5, 18),
    due_date=date(2026, 6, 1),
    currency="EUR",
    net_cents=19900,
    tax_cents=4179,
    gross_cents=24079,
)
INVOICE_SENT = money.InvoiceSent(number="SCAI-2026-000001", sent_at=_NOON)
INVOICE_VOIDED = money.InvoiceVoided(
    number="SCAI-2026-000001", currency="EUR", gross_cents=24079, reason="Made out to the wrong company"
)
CREDIT_NOTE_ISSUED = money.CreditNoteIssued(
    number="SCAI-CN-2026-000001",
    issue_date=date(2026, 5, 20),
    currency="EUR",
    net_cents=-19900,
    tax_cents=-4179,
    gross_cents=-24079,
    referenced_invoice_id="inv_01HX0WE7F8G9H0J1K2M3N4P5Q6",
    referenced_number="SCAI-2026-000001",
    reason="Cancelled within the period",
)
CATALOG_PLAN_CHANGED = catalog.PlanChanged(
    change_kind="updated",
    changed_fields=("base_price_cents",),
    plan_id="pln_01HX0W0M1P2Q3R4S5T6V7W8X9Y",
    plan_key="scaikey.pro",
    service_id="srv_01HX0VZK5F3C7D9B1A2S4G6H8J",
    service="scaikey",
    name="Pro",
    description="For teams",
    tier="pro",
    billing_period="monthly",
    base_price_cents=19900,
    currency="EUR",
    trial_days=14,
    features={"sso": True},
    quotas={"api_calls": 100_000},
    is_active=True,
    is_public=True,
)
CATALOG_SERVICE_CHANGED = catalog.ServiceChanged(
    change_kind="created",
    changed_fields=(),
    service_id="srv_01HX0VZK5F3C7D9B1A2S4G6H8J",
    service="scaikey",
    app_id="scaikey",
    name="ScaiKey",
    description="Identity",
    metrics=("api_calls",),
    is_active=True,
    is_public=True,
)
INVOICE_PAID = money.InvoicePaid(
    number="SCAI-2026-000001", currency="EUR", gross_cents=24079, open_cents=0, paid_at=_NOON
)
INVOICE_OVERDUE = money.InvoiceOverdue(
    number="SCAI-2026-000001", currency="EUR", open_cents=24079, due_date=date(2026, 5, 17)
)
PAYMENT_SUCCEEDED = money.PaymentTold(**_PAYMENT)
PAYMENT_FAILED = money.PaymentFailed(**_PAYMENT, failure_code="insufficient_funds")
PAYMENT_REFUNDED = money.PaymentRefunded(
    **(_PAYMENT | {"kind": "refund"}),
    refunded_payment_id="pay_01HX0WF9G0H1J2K3M4N5P6Q7R8",
    credit_note_id=None,
)
PAYMENT_DISPUTED = money.PaymentDisputed(
    **(_PAYMENT | {"kind": "chargeback"}), disputed_payment_id="pay_01HX0WF9G0H1J2K3M4N5P6Q7R8"
)
USAGE_THRESHOLD_REACHED = usage.UsageThresholdReached(
    subscription_id="sub_01HX0W4Z6QJ9V3N5T7R8Y2K4MD",
    service_id="srv_01HX0VZK5F3C7D9B1A2S4G6H8J",
    service="scaikey",
    plan_id="pln_01HX0W0M1P2Q3R4S5T6V7W8X9Y",
    plan_key="scaikey.pro",
    metric="api_calls",
    unit="call",
    aggregation="sum",
    percent=80,
    quota=100_000,
    used=Decimal(80_412),
    period_start=date(2026, 5, 18),
    period_end=date(2026, 6, 18),
    reached_at=_NOON,
)
USAGE_DAILY = usage.DailyUsage(
    subscription_id="sub_01HX0W4Z6QJ9V3N5T7R8Y2K4MD",
    service_id="srv_01HX0VZK5F3C7D9B1A2S4G6H8J",
    service="scaikey",
    plan_id="pln_01HX0W0M1P2Q3R4S5T6V7W8X9Y",
    plan_key="scaikey.pro",
    metric="api_calls",
    unit="call",
    aggregation="sum",
    day=date(2026, 5, 20),
    quantity=Decimal(2_310),
    period_quantity=Decimal(6_804),
    quota=100_000,
    quota_used_bp=680,
    period_start=date(2026, 5, 18),
    period_end=date(2026, 6, 18),
    as_of=datetime(2026, 5, 23, 22, 3, tzinfo=UTC),
)
WEBHOOK_DISABLED = webhooks.WebhookDisabled(
    webhook_subscription_id="whs_01HX0WG1H2J3K4M5N6P7Q8R9S0",
    host="hooks.zonneveld.example",
    reason="only_failures",
    failing_since=datetime(2026, 5, 13, 9, 12, tzinfo=UTC),
    disabled_at=_NOON,
)
WEBHOOK_TEST = webhooks.WebhookTest(
    webhook_subscription_id="whs_01HX0WG1H2J3K4M5N6P7Q8R9S0",
    sent_by="cli:anna",
    message="Can you hear me?",
    test_key="tst_01HX0WH3J4K5M6N7P8Q9R0S1T2",
)
