"""What has a history of its own: the resources whose entries are read one by one."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.permission import Permission


@frozen
class Subject:
    """A kind of thing with a history.

    ``permission`` is what reading the thing itself needs; ``actions`` narrow the history of
    what lives within another thing, as a billing profile does within its tenant.
    """

    resource_type: str
    noun: str
    permission: Permission
    actions: tuple[str, ...] = ()


TENANT = Subject("tenant", "tenant", Permission.ADMIN_TENANTS)
BILLING_PROFILE = Subject(
    "tenant",
    "tenant",
    Permission.ADMIN_TENANTS,
    (
        "tenant.billing_linked",
        "tenant.billing_updated",
        "tenant.vat_number_attested",
        "vat_number.checked",
        "vat_number.confirmed",
        "vat_number.refused",
    ),
)
PARTNER = Subject("partner", "partner", Permission.ADMIN_PARTNERS)
SUBSCRIPTION = Subject("subscription", "subscription", Permission.ADMIN_SUBSCRIPTIONS)
PACK_SUBSCRIPTION = Subject("pack_subscription", "pack subscription", Permission.ADMIN_SUBSCRIPTIONS)
INVOICE = Subject("invoice", "invoice", Permission.ADMIN_BILLING)
"""Credit notes and self-billed invoices too."""
PAYMENT = Subject("payment", "payment", Permission.ADMIN_BILLING)
PAYMENT_METHOD = Subject("payment_method", "payment method", Permission.ADMIN_BILLING)
BILLING_RUN = Subject("billing_run", "billing run", Permission.ADMIN_BILLING)
COMMISSION_STATEMENT = Subject("commission_statement", "commission statement", Permission.ADMIN_BILLING)
TEMPLATE = Subject("document_template", "document template", Permission.ADMIN_BILLING)
USER = Subject("user", "user", Permission.ADMIN_USERS)
GROUP = Subject("group", "group", Permission.ADMIN_GROUPS)
ROLE = Subject("role", "role", Permission.ADMIN_GROUPS)
WEBHOOK_SUBSCRIPTION = Subject("webhook_subscription", "webhook subscription", Permission.ADMIN_BILLING)

SUBJECTS = (
    TENANT,
    BILLING_PROFILE,
    PARTNER,
    SUBSCRIPTION,
    PACK_SUBSCRIPTION,
    INVOICE,
    PAYMENT,
    PAYMENT_METHOD,
    BILLING_RUN,
    COMMISSION_STATEMENT,
    TEMPLATE,
    USER,
    GROUP,
    ROLE,
    WEBHOOK_SUBSCRIPTION,
)
