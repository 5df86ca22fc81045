"""``manage_tenants``: customers, and the buyer's side of their invoices."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET as ABSENT
from msgspec import Meta, UnsetType

from scaicontrol_core.access import Permission
from scaicontrol_core.kernel import ids
from scaicontrol_core.kernel.editing import UNSET
from scaicontrol_core.tenancy.billing_profile import BillingDetails
from scaicontrol_core.tenancy.ports import TenantFilter
from scaicontrol_core.tenancy.tenant import CollectionMethod, TenantChanges
from scaicontrol_core.tenancy.use_cases.attest_vat_number import Attestation, AttestVatNumber
from scaicontrol_core.tenancy.use_cases.check_vat_number import CheckVatNumber
from scaicontrol_core.tenancy.use_cases.create_tenant import CreateTenant, NewTenant
from scaicontrol_core.tenancy.use_cases.get_billing_profile import GetBillingProfile
from scaicontrol_core.tenancy.use_cases.get_tenant import GetTenant
from scaicontrol_core.tenancy.use_cases.list_tenants import ListTenants
from scaicontrol_core.tenancy.use_cases.list_vat_evidence import ListVatEvidence
from scaicontrol_core.tenancy.use_cases.set_billing_profile import SetBillingProfile
from scaicontrol_core.tenancy.use_cases.update_tenant import UpdateTenant
from scaicontrol_http.mcp import fields as given
from scaicontrol_http.mcp.action import Action, Audience, Call, Confirmed, Effect, Listed, Sorted, Writing
from scaicontrol_http.mcp.tool import Tool
from scaicontrol_http.requests import Listing, listing
from scaicontrol_http.tenancy.schemas import BillingProfileAnswer, TenantAnswer, VatEvidenceRecordAnswer

_ADMIN = (Permission.ADMIN_TENANTS,)
_PROFILE_READ = (Permission.ADMIN_TENANTS, Permission.BILLING_READ, Permission.BILLING_MANAGE)
_PROFILE_WRITE = (Permission.ADMIN_TENANTS, Permission.BILLING_MANAGE)
_ONE = "/admin/tenants/{tenant_id}"

Name = Annotated[str, Meta(max_length=255, description="What the customer is called.", examples=["Acme B.V."])]
Reference = Annotated[
    str, Meta(max_length=255, description="What another system of yours calls the customer.", examples=["CRM-1042"])
]
Collection = Annotated[CollectionMethod, Meta(description="How it pays: charged by itself, or sent an invoice to pay.")]


class List(Sorted, tag="list"):
    """List customers, in the order they were created."""

    needs = _ADMIN
    routes = ("GET /admin/tenants",)

    search: given.Search | None = None
    partner_id: given.PartnerId | None = None
    is_active: Annotated[bool, Meta(description="Only active ones, or only the others.")] | None = None

    async def run(self, call: Call) -> Listing[TenantAnswer]:
        """Call ``ListTenants``."""
        partner = ids.PartnerId(self.partner_id) if self.partner_id else None
        wanted = TenantFilter(partner_id=partner, search=self.search, is_active=self.is_active)
        return listing(await call.use(ListTenants)(call.actor, call.page, wanted), TenantAnswer.of)


class _One(Action):
    tenant_id: given.TenantId

    @property
    def wanted(self) -> ids.TenantId:
        """Which one."""
        return ids.TenantId(self.tenant_id)


class Get(_One, tag="get"):
    """Show one customer."""

    needs = (Permission.ADMIN_TENANTS, Permission.BILLING_READ)
    routes = (f"GET {_ONE}",)

    async def run(self, call: Call) -> TenantAnswer:
        """Call ``GetTenant``."""
        return TenantAnswer.of(await call.use(GetTenant)(call.actor, self.wanted))


class Create(Writing, tag="create"):
    """Add a customer. Set its billing profile next: without one it can buy nothing."""

    needs = _ADMIN
    routes = ("POST /admin/tenants",)

    name: Name
    external_reference: Reference | None = None
    collection_method: Collection = CollectionMethod.SEND_INVOICE
    partner_id: given.SellerId | None = None

    async def run(self, call: Call) -> TenantAnswer:
        """Call ``CreateTenant``."""
        wanted = NewTenant(
            name=self.name,
            external_reference=self.external_reference,
            collection_method=self.collection_method,
            partner_id=ids.PartnerId(self.partner_id) if self.partner_id else None,
        )
        return TenantAnswer.of(await call.use(CreateTenant)(call.actor, wanted))


class Update(_One, tag="update"):
    """Change the given fields of a customer; what is left out stays."""

    effect = Effect.SETS
    needs = _ADMIN
    routes = (f"PATCH {_ONE}",)

    name: Name | UnsetType = ABSENT
    external_reference: Reference | UnsetType | None = ABSENT
    collection_method: Collection | UnsetType = ABSENT
    is_active: Annotated[bool, Meta(description="Whether it may buy and use anything.")] | UnsetType = ABSENT
    expected_version: given.ExpectedVersion | None = None

    async def run(self, call: Call) -> TenantAnswer:
        """Call ``UpdateTenant``."""
        changes = TenantChanges(
            name=UNSET if self.name is ABSENT else self.name,
            external_reference=UNSET if self.external_reference is ABSENT else self.external_reference,
            collection_method=UNSET if self.collection_method is ABSENT else self.collection_method,
            is_active=UNSET if self.is_active is ABSENT else self.is_active,
        )
        update = call.use(UpdateTenant)
        return TenantAnswer.of(await update(call.actor, self.wanted, changes, self.expected_version))


class GetProfile(Action, tag="get_billing_profile"):
    """Show whom invoices are made out to, and what is known of the VAT number."""

    audience = Audience.EVERYONE
    needs = _PROFILE_READ
    routes = (f"GET {_ONE}/billing-profile", "GET /billing/billing-profile")

    tenant_id: given.OwnTenantId | None = None

    async def run(self, call: Call) -> BillingProfileAnswer:
        """Call ``GetBillingProfile``."""
        tenant_id = call.tenant(self.tenant_id)
        return BillingProfileAnswer.of(await call.use(GetBillingProfile)(call.actor, tenant_id))


def _text(about: str, *examples: str) -> Meta:
    return Meta(max_length=255, description=about, examples=list(examples) or None)


class SetProfile(Action, tag="set_billing_profile"):
    """Set whom invoices are made out to, whole: what is left out is emptied. Issued invoices stay as they are."""

    effect = Effect.SETS
    audience = Audience.EVERYONE
    needs = _PROFILE_WRITE
    routes = (f"PUT {_ONE}/billing-profile", "PUT /billing/billing-profile")

    company_name: Annotated[str, _text("Who buys, as it stands on invoices.", "Acme B.V.")]
    country_code: Annotated[str, _text("ISO 3166 code of the country.", "NL")]
    tenant_id: given.OwnTenantId | None = None
    address_line1: Annotated[str, _text("Street and number.", "Damrak 1")] | None = None
    address_line2: Annotated[str, _text("More of the address.")] | None = None
    postal_code: Annotated[str, _text("Postal code.", "1012 LG")] | None = None
    city: Annotated[str, _text("City.", "Amsterdam")] | None = None
    state: Annotated[str, _text("State or province, where addresses have one.")] | None = None
    vat_number: Annotated[str, _text("VAT number with its country's prefix.", "NL123456782B90")] | None = None
    tax_exempt: Annotated[bool, Meta(description="Whether the buyer itself is exempt from VAT.")] = False
    is_business: Annotated[bool, Meta(description="Business, or consumer (false).")] = True
    contact_email: Annotated[str, _text("Where invoices are sent.", "billing@acme.example")] | None = None
    phone: Annotated[str, _text("Telephone.", "+31 20 123 4567")] | None = None
    peppol_id: Annotated[str, _text("Peppol participant id, without its scheme.")] | None = None
    peppol_scheme: Annotated[str, _text("Peppol scheme (EAS code).", "0106")] | None = None
    leitweg_id: Annotated[str, _text("Leitweg-ID of a German public buyer.")] | None = None
    preferred_einvoice_format: Annotated[str, _text("The e-invoice it wants with each PDF.", "xrechnung")] | None = None
    preferred_language: Annotated[str, _text("Language of its documents: en, nl, de, fr, es, it.", "nl")] = "en"
    invoice_template_name: Annotated[str, _text("Name of its own template of invoices.")] | None = None
    email_template_name: Annotated[str, _text("Name of its own template of e-mails.")] | None = None
    buyer_reference: Annotated[str, _text("What the buyer wants to read on each invoice.", "PO-7")] | None = None
    expected_version: given.ExpectedVersion | None = None

    async def run(self, call: Call) -> BillingProfileAnswer:
        """Call ``SetBillingProfile``."""
        names = [name for name in self.__struct_fields__ if name not in {"tenant_id", "expected_version"}]
        details = BillingDetails(**{name: getattr(self, name) for name in names})
        profile = await call.use(SetBillingProfile)(
            call.actor, call.tenant(self.tenant_id), details, self.expected_version
        )
        return BillingProfileAnswer.of(profile)


class CheckVat(_One, Writing, tag="check_vat_number"):
    """Ask the EU's register (VIES) about a customer's VAT number now, and keep its answer as evidence."""

    needs = _ADMIN
    routes = (f"POST {_ONE}/vat-check",)

    async def run(self, call: Call) -> BillingProfileAnswer:
        """Call ``CheckVatNumber``."""
        return BillingProfileAnswer.of((await call.use(CheckVatNumber)(call.actor, self.wanted)).profile)


class AttestVat(_One, Confirmed, tag="attest_vat_number"):
    """Take a customer's VAT number as valid on the seller's own word: it is liable for the VAT if that is wrong."""

    needs = _ADMIN
    routes = (f"POST {_ONE}/billing-profile/vat-attestation",)

    note: Annotated[str, Meta(max_length=2000, description="Why, for the auditor.", examples=["Certificate on file"])]
    reference: Annotated[str, Meta(max_length=255, description="Where the proof is.", examples=["DMS-881"])] | None = (
        None
    )

    async def run(self, call: Call) -> BillingProfileAnswer:
        """Call ``AttestVatNumber``."""
        attestation = Attestation(note=self.note, reference=self.reference)
        return BillingProfileAnswer.of(await call.use(AttestVatNumber)(call.actor, self.wanted, attestation))


class Evidence(_One, Listed, tag="list_vat_evidence"):
    """List every question to the register about a VAT number with its answer, and every attestation."""

    needs = _ADMIN
    routes = (f"GET {_ONE}/vat-evidence",)

    async def run(self, call: Call) -> Listing[VatEvidenceRecordAnswer]:
        """Call ``ListVatEvidence``."""
        found = await call.use(ListVatEvidence)(call.actor, self.wanted, call.page)
        return listing(found, VatEvidenceRecordAnswer.of)


TOOL = Tool(
    name="manage_tenants",
    title="Customers",
    about="Customers (tenants) and whom their invoices are made out to: find, show, add and change them, their billing"
    " profile, and the evidence on their VAT number.",
    actions=(List, Get, Create, Update, GetProfile, SetProfile, CheckVat, AttestVat, Evidence),
    reaches_out=True,
)
