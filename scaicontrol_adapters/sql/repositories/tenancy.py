"""Partners, tenants, billing profiles, and the sellers that every scope may read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, or_, select

from scaicontrol_adapters.sql.guard import OPENING, Opening
from scaicontrol_adapters.sql.mapping import INSTANT, TUPLE, Codec, Fields, enum, json_object
from scaicontrol_adapters.sql.reads.tenancy import page_of_evidence, page_of_partners, page_of_tenants
from scaicontrol_adapters.sql.repositories.base import Repository, Table, refuse_foreign, telling
from scaicontrol_adapters.sql.rows.tenancy import BillingProfileRow, PartnerRow, TenantRow, VatEvidenceRow
from scaicontrol_core.kernel.errors import NotFound
from scaicontrol_core.tenancy.billing_profile import BillingDetails, BillingProfile
from scaicontrol_core.tenancy.errors import (
    BillingProfileExists,
    ExternalReferenceTaken,
    InvoicePrefixTaken,
    OperatorExists,
)
from scaicontrol_core.tenancy.fields import EInvoiceFormat
from scaicontrol_core.tenancy.partner import Partner
from scaicontrol_core.tenancy.seller import (
    AdvanceTaxPoint,
    BillingModel,
    NonEuCategory,
    PartnerConfiguration,
    UnverifiedVatNumberPolicy,
    VatExemption,
)
from scaicontrol_core.tenancy.tenant import CollectionMethod, Tenant
from scaicontrol_core.tenancy.vat_evidence import (
    NEVER_CHECKED,
    VatEvidenceRecord,
    VatEvidenceSource,
    VatNumberEvidence,
    VatNumberState,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.kernel.ids import PartnerId, TenantId
    from scaicontrol_core.kernel.paging import Page, PageRequest
    from scaicontrol_core.tenancy.ports import TenantFilter, UncheckedFilter

_CONFIGURATION = Fields(
    PartnerConfiguration,
    codecs={
        "billing_model": enum(BillingModel),
        "non_eu_services_category": enum(NonEuCategory),
        "advance_tax_point": enum(AdvanceTaxPoint),
        "vat_exemption": enum(VatExemption),
        "unverified_vat_number_policy": enum(UnverifiedVatNumberPolicy),
        "allowed_services": TUPLE,
        "allowed_plans": TUPLE,
        "purchase_einvoice_format": enum(EInvoiceFormat),
    },
)
_OWN_EVIDENCE = json_object(
    Fields(
        VatNumberEvidence,
        codecs={
            "state": enum(VatNumberState),
            "source": enum(VatEvidenceSource),
            "checked_at": INSTANT,
            "first_asked_at": INSTANT,
            "last_asked_at": INSTANT,
        },
    )
)
#: A partner that was never looked at has nothing there.
_VAT_EVIDENCE = Codec(_OWN_EVIDENCE.encode, lambda kept: _OWN_EVIDENCE.decode(kept) if kept else NEVER_CHECKED)
_PARTNERS: Table[Partner] = Table(
    PartnerRow,
    Fields(Partner, codecs={"vat_evidence": _VAT_EVIDENCE}, parts={"configuration": _CONFIGURATION}),
    what="partner",
    fixed=("is_operator", "created_at"),
    extra=("search_text",),
)
_TENANTS: Table[Tenant] = Table(
    TenantRow,
    Fields(Tenant, codecs={"collection_method": enum(CollectionMethod)}),
    what="tenant",
    fixed=("created_at",),
    extra=("search_text",),
)
_PROFILES: Table[BillingProfile] = Table(
    BillingProfileRow,
    Fields(
        BillingProfile,
        parts={
            "details": Fields(BillingDetails, codecs={"preferred_einvoice_format": enum(EInvoiceFormat)}),
            "vat_evidence": Fields(
                VatNumberEvidence,
                prefix="vat_",
                codecs={"state": enum(VatNumberState), "source": enum(VatEvidenceSource)},
            ),
        },
    ),
    what="billing profile",
    resource_type="tenant",
    key="tenant_id",
    fixed=("created_at",),
)
_EVIDENCE = Fields(VatEvidenceRecord, codecs={"state": enum(VatNumberState), "source": enum(VatEvidenceSource)})


#: Reads past the scope, by id only: what a tenant buys depends on its seller's calendar.
_OWN_AND_OPERATOR = _PARTNERS.select.where(
    or_(PartnerRow.id == bindparam("own"), PartnerRow.operator_slot == 1)
).execution_options(**{OPENING: Opening.SELLERS})
_PROFILE_THERE = select(BillingProfileRow.tenant_id).where(BillingProfileRow.tenant_id == bindparam("wanted"))


class SqlPartners(Repository[Partner]):
    """Partners within scope (port ``Partners``)."""

    table = _PARTNERS

    def values(self, aggregate: Partner) -> dict[str, Any]:
        """Add what the database needs to find it and to let there be one operator."""
        return super().values(aggregate) | {
            "search_text": aggregate.name.casefold(),
            "operator_slot": 1 if aggregate.is_operator else None,
        }

    async def get(self, partner_id: PartnerId) -> Partner:
        """Return one, or raise ``NotFound``."""
        return await self.load(partner_id)

    async def operator(self) -> Partner | None:
        """Return the operator, or None before it was set up or where the scope hides it."""
        return await self.find_where(PartnerRow.operator_slot == 1)

    async def add(self, partner: Partner) -> None:
        """Store a new one; raises ``OperatorExists`` or ``InvoicePrefixTaken``."""
        async with telling(OperatorExists(), _prefix_taken(partner)):
            await super().add(partner)

    async def save(self, partner: Partner) -> None:
        """Store a changed one; raises ``Stale`` or ``InvoicePrefixTaken``."""
        async with telling(_prefix_taken(partner)):
            await super().save(partner)

    async def list(self, request: PageRequest, *, search: str | None = None) -> Page[Partner]:
        """Return a page of those whose name contains the text, whatever the case."""
        return await page_of_partners(self._transaction, self.table, request, search)


class SqlSellers(Repository[Partner]):
    """Partners as sellers, readable from any scope by id (port ``Sellers``)."""

    table = _PARTNERS

    async def own_and_operator(self, partner_id: PartnerId) -> tuple[Partner, Partner | None]:
        """Return a partner and the operator; raises ``NotFound``."""
        rows = await self._transaction.execute(_OWN_AND_OPERATOR, {"own": partner_id})
        found = [self.table.restore(row) for row in rows]
        own = next((partner for partner in found if partner.id == partner_id), None)
        if own is None:
            raise NotFound.of("partner", partner_id)
        return own, next((partner for partner in found if partner.is_operator), None)

    async def everyone(self) -> Sequence[Partner]:
        """Return all partners within scope, ordered by id."""
        return await self.all_where(order=(PartnerRow.id,))


class SqlTenants(Repository[Tenant]):
    """Tenants within scope (port ``Tenants``)."""

    table = _TENANTS

    def values(self, aggregate: Tenant) -> dict[str, Any]:
        """Add the text that searches look in."""
        searched = f"{aggregate.name}\n{aggregate.external_reference or ''}".casefold()
        return super().values(aggregate) | {"search_text": searched}

    async def get(self, tenant_id: TenantId) -> Tenant:
        """Return one, or raise ``NotFound``."""
        return await self.load(tenant_id)

    async def get_many(self, tenant_ids: Sequence[TenantId]) -> Mapping[TenantId, Tenant]:
        """Return those of the ids that exist."""
        return {tenant.id: tenant for tenant in await self.all_in(tenant_ids)}

    async def find_by_reference(self, partner_id: PartnerId, external_reference: str) -> Tenant | None:
        """Return the partner's tenant with that external reference, if any."""
        return await self.find_where(
            TenantRow.partner_id == partner_id, TenantRow.external_reference == external_reference
        )

    async def add(self, tenant: Tenant) -> None:
        """Store a new one; raises ``ExternalReferenceTaken``."""
        async with telling(ExternalReferenceTaken(tenant.external_reference or "")):
            await super().add(tenant)

    async def save(self, tenant: Tenant) -> None:
        """Store a changed one; raises ``Stale`` or ``ExternalReferenceTaken``."""
        async with telling(ExternalReferenceTaken(tenant.external_reference or "")):
            await super().save(tenant)

    async def list(self, request: PageRequest, criteria: TenantFilter) -> Page[Tenant]:
        """Return a page of those the filter lets pass."""
        return await page_of_tenants(self._transaction, self.table, request, criteria)


class SqlBillingProfiles(Repository[BillingProfile]):
    """Billing profiles within scope (port ``BillingProfiles``)."""

    table = _PROFILES

    async def get(self, tenant_id: TenantId) -> BillingProfile:
        """Return a tenant's, or raise ``NotFound``."""
        return await self.load(tenant_id)

    async def find(self, tenant_id: TenantId) -> BillingProfile | None:
        """Return a tenant's, if it has one."""
        return await self.load_if_there(tenant_id)

    async def exists(self, tenant_id: TenantId) -> bool:
        """Tell whether the tenant has one."""
        return (await self._transaction.execute(_PROFILE_THERE, {"wanted": tenant_id})).first() is not None

    async def of_tenants(self, tenant_ids: Sequence[TenantId]) -> Mapping[TenantId, BillingProfile]:
        """Return those that the named tenants have."""
        return {profile.tenant_id: profile for profile in await self.all_in(tenant_ids)}

    async def unchecked(
        self, wanted: UncheckedFilter, *, after: TenantId | None, limit: int
    ) -> Sequence[BillingProfile]:
        """Return profiles that may be due for the register, by tenant id."""
        row = BillingProfileRow
        state, asked, never = row.vat_state, row.vat_last_asked_at, VatNumberState.NEVER_CHECKED.value
        fresh = state == never
        if wanted.changed_since is not None:
            fresh = and_(fresh, row.updated_at >= wanted.changed_since)
        answered = and_(state != never, row.vat_attempts == 0, or_(asked.is_(None), asked <= wanted.answered_before))
        silent = and_(state != never, row.vat_attempts > 0, asked <= wanted.asked_before)
        query = self.table.select.where(
            row.vat_number.is_not(None),
            row.is_business.is_(True),
            row.vat_source != VatEvidenceSource.OPERATOR_ATTESTED.value,
            or_(fresh, answered, silent),
            row.tenant_id > (after or ""),
        )
        rows = await self._transaction.execute(query.order_by(row.tenant_id).limit(limit))
        return [self.table.restore(each) for each in rows]

    async def add(self, profile: BillingProfile) -> None:
        """Store a new one; raises ``BillingProfileExists``."""
        async with telling(duplicate=BillingProfileExists(profile.tenant_id)):
            await super().add(profile)


class SqlVatEvidence:
    """The evidence on VAT numbers (port ``VatEvidenceLog``); triggers refuse every change of it."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, record: VatEvidenceRecord) -> None:
        """Append one."""
        values = _EVIDENCE.write(record)
        refuse_foreign(VatEvidenceRow, self._transaction.scope, values)
        await self._transaction.insert(VatEvidenceRow, [values])

    async def list(self, tenant_id: TenantId, request: PageRequest) -> Page[VatEvidenceRecord]:
        """Return a page of a tenant's, newest first unless sorted otherwise."""
        return await page_of_evidence(self._transaction, _EVIDENCE, tenant_id, request)


def _prefix_taken(partner: Partner) -> InvoicePrefixTaken:
    return InvoicePrefixTaken(partner.configuration.invoice_number_prefix or "")
