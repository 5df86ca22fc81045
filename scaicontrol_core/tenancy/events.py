"""What happens to partners, tenants and their billing identities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import frozen

from scaicontrol_core.kernel.events import Event

if TYPE_CHECKING:
    from scaicontrol_core.tenancy.billing_profile import BillingDetails


@frozen(kw_only=True)
class PartnerEvent(Event):
    """Something about a partner."""

    resource_type: ClassVar[str] = "partner"


@frozen(kw_only=True)
class PartnerCreated(PartnerEvent):
    """A partner was taken on."""

    action: ClassVar[str] = "partner.created"
    name: str
    is_operator: bool


@frozen(kw_only=True)
class PartnerConfigured(PartnerEvent):
    """Billing policy, branding or the like changed; ``changes`` say what."""

    action: ClassVar[str] = "partner.configured"


@frozen(kw_only=True)
class PartnerVatNumberChecked(PartnerEvent):
    """What is known about a partner's own VAT number; ``changes`` hold the evidence."""

    action: ClassVar[str] = "partner.vat_number_checked"
    vat_number: str


@frozen(kw_only=True)
class PartnerBillingLinked(PartnerEvent):
    """The partner became billable for the first time; happens once in its life."""

    action: ClassVar[str] = "partner.billing_linked"
    topic: ClassVar[str | None] = "partner.billing_linked.v1"
    seller: Mapping[str, Any]


@frozen(kw_only=True)
class PartnerBillingUpdated(PartnerEvent):
    """The seller's identity changed, after it had become billable."""

    action: ClassVar[str] = "partner.billing_updated"
    topic: ClassVar[str | None] = "partner.billing_updated.v1"
    changed_fields: tuple[str, ...]
    seller: Mapping[str, Any]


@frozen(kw_only=True)
class TenantEvent(Event):
    """Something about a tenant."""

    resource_type: ClassVar[str] = "tenant"


@frozen(kw_only=True)
class TenantCreated(TenantEvent):
    """A customer was taken on."""

    action: ClassVar[str] = "tenant.created"
    name: str
    external_reference: str | None
    collection_method: str


@frozen(kw_only=True)
class TenantUpdated(TenantEvent):
    """A tenant's own fields changed; ``changes`` say which."""

    action: ClassVar[str] = "tenant.updated"


@frozen(kw_only=True)
class TenantBillingLinked(TenantEvent):
    """The tenant has a billing profile now, and may buy; happens once in its life."""

    action: ClassVar[str] = "tenant.billing_linked"
    topic: ClassVar[str | None] = "tenant.billing_linked.v1"
    billing_profile: BillingDetails


@frozen(kw_only=True)
class TenantBillingUpdated(TenantEvent):
    """The billing profile changed."""

    action: ClassVar[str] = "tenant.billing_updated"
    topic: ClassVar[str | None] = "tenant.billing_updated.v1"
    changed_fields: tuple[str, ...]
    billing_profile: BillingDetails


@frozen(kw_only=True)
class VatNumberChecked(TenantEvent):
    """The register was asked and what it said changes nothing, or it said nothing; ``changes`` hold the evidence."""

    action: ClassVar[str] = "vat_number.checked"
    vat_number: str


@frozen(kw_only=True)
class VatNumberConfirmed(TenantEvent):
    """The register knows a number that was not known to be valid; supplies from now on need no VAT charged."""

    action: ClassVar[str] = "vat_number.confirmed"
    vat_number: str


@frozen(kw_only=True)
class VatNumberRefused(TenantEvent):
    """The register does not know the number, or no longer; what was invoiced before stays as it is."""

    action: ClassVar[str] = "vat_number.refused"
    vat_number: str


@frozen(kw_only=True)
class VatNumberAttested(TenantEvent):
    """The seller vouched for a VAT number by hand; ``changes`` hold the evidence."""

    action: ClassVar[str] = "tenant.vat_number_attested"
    vat_number: str
