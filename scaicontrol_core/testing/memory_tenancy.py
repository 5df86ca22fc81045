"""Partners, tenants and billing profiles in memory."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import ClassVar

from scaicontrol_core.kernel.errors import NotFound, ScaiControlError
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.scope import Scope, ScopeKind
from scaicontrol_core.tenancy.billing_profile import BillingProfile
from scaicontrol_core.tenancy.errors import (
    BillingProfileExists,
    ExternalReferenceTaken,
    InvoicePrefixTaken,
    OperatorExists,
)
from scaicontrol_core.tenancy.partner import Partner
from scaicontrol_core.tenancy.ports import PARTNERS, TENANTS, VAT_EVIDENCE, TenantFilter, UncheckedFilter
from scaicontrol_core.tenancy.tenant import Tenant
from scaicontrol_core.tenancy.vat_evidence import VatEvidenceRecord, VatNumberState
from scaicontrol_core.testing.memory_paging import SortKey, paged, sortable
from scaicontrol_core.testing.memory_store import MemoryCollection, Transaction, UniqueKey


class MemoryPartners(MemoryCollection[Partner]):
    """A partner sees itself; tenants and services see none."""

    table = "partners"
    what = "partner"
    _SORTS: ClassVar[Mapping[str, SortKey[Partner]]] = {
        "created_at": lambda partner: (sortable(partner.created_at), partner.id),
        "name": lambda partner: (partner.name, partner.id),
    }

    async def operator(self) -> Partner | None:
        """Return the operator, if it is there and within scope."""
        return next((partner for partner in self._visible() if partner.is_operator), None)

    async def list(self, request: PageRequest, *, search: str | None = None) -> Page[Partner]:
        """Return a page of those whose name contains the text."""
        found = [partner for partner in self._visible() if _mentions(search, partner.name)]
        return paged(found, request, PARTNERS, self._SORTS, {"search": search})

    def _reaches(self, scope: Scope, row: Partner) -> bool:
        return scope.kind is ScopeKind.PARTNER and scope.partner_id == row.id

    def _unique_keys(self, row: Partner) -> Iterable[UniqueKey]:
        prefix = row.configuration.invoice_number_prefix
        if row.is_operator:
            yield ("operator",), OperatorExists
        if prefix is not None:
            yield ("prefix", prefix), lambda: InvoicePrefixTaken(prefix)


class MemorySellers(MemoryCollection[Partner]):
    """The same partners, readable by id from any scope."""

    table = "partners"
    what = "partner"

    async def own_and_operator(self, partner_id: PartnerId) -> tuple[Partner, Partner | None]:
        """Return a partner and the operator."""
        everyone: Sequence[Partner] = self._transaction.rows(self.table)
        own = next((partner for partner in everyone if partner.id == partner_id), None)
        if own is None:
            raise NotFound.of(self.what, partner_id)
        return own, next((partner for partner in everyone if partner.is_operator), None)

    async def everyone(self) -> Sequence[Partner]:
        """Return all partners within scope, ordered by id."""
        return sorted(self._visible(), key=lambda partner: partner.id)

    def _reaches(self, scope: Scope, row: Partner) -> bool:
        return scope.kind is ScopeKind.PARTNER and scope.partner_id == row.id


class MemoryTenants(MemoryCollection[Tenant]):
    """A tenant sees itself, a partner its own tenants."""

    table = "tenants"
    what = "tenant"
    _SORTS: ClassVar[Mapping[str, SortKey[Tenant]]] = {
        "created_at": lambda tenant: (sortable(tenant.created_at), tenant.id),
        "name": lambda tenant: (tenant.name, tenant.id),
    }

    async def get_many(self, tenant_ids: Sequence[TenantId]) -> Mapping[TenantId, Tenant]:
        """Return those of the ids that exist."""
        found = ((tenant_id, self._find(tenant_id)) for tenant_id in tenant_ids)
        return {tenant_id: tenant for tenant_id, tenant in found if tenant is not None}

    async def find_by_reference(self, partner_id: PartnerId, external_reference: str) -> Tenant | None:
        """Return the partner's tenant with that reference, if any."""
        wanted = (partner_id, external_reference)
        return next((each for each in self._visible() if (each.partner_id, each.external_reference) == wanted), None)

    async def list(self, request: PageRequest, criteria: TenantFilter) -> Page[Tenant]:
        """Return a page of those the filter lets pass."""
        found = [
            tenant
            for tenant in self._visible()
            if criteria.partner_id in (None, tenant.partner_id)
            and criteria.is_active in (None, tenant.is_active)
            and criteria.collection_method in (None, tenant.collection_method)
            and criteria.external_reference in (None, tenant.external_reference)
            and (criteria.since is None or tenant.created_at >= criteria.since)
            and (criteria.until is None or tenant.created_at < criteria.until)
            and _mentions(criteria.search, tenant.name, tenant.external_reference)
        ]
        return paged(found, request, TENANTS, self._SORTS, criteria)

    def _reaches(self, scope: Scope, row: Tenant) -> bool:
        return scope.covers(partner_id=row.partner_id, tenant_id=row.id)

    def _unique_keys(self, row: Tenant) -> Iterable[UniqueKey]:
        reference = row.external_reference
        if reference is not None:
            yield (row.partner_id, reference), lambda: ExternalReferenceTaken(reference)


class MemoryBillingProfiles(MemoryCollection[BillingProfile]):
    """Each belongs to its tenant and, above it, its partner."""

    table = "billing_profiles"
    what = "billing profile"

    async def find(self, tenant_id: TenantId) -> BillingProfile | None:
        """Return a tenant's, if it has one."""
        return self._find(tenant_id)

    async def exists(self, tenant_id: TenantId) -> bool:
        """Tell whether the tenant has one."""
        return self._find(tenant_id) is not None

    async def of_tenants(self, tenant_ids: Sequence[TenantId]) -> Mapping[TenantId, BillingProfile]:
        """Return those that the named tenants have."""
        found = ((tenant_id, self._find(tenant_id)) for tenant_id in tenant_ids)
        return {tenant_id: profile for tenant_id, profile in found if profile is not None}

    async def unchecked(
        self, wanted: UncheckedFilter, *, after: TenantId | None, limit: int
    ) -> Sequence[BillingProfile]:
        """Return profiles that may be due for the register, by tenant id."""
        found = [
            row for row in self._visible() if _may_be_due(row, wanted) and (after is None or row.tenant_id > after)
        ]
        return sorted(found, key=lambda row: row.tenant_id)[:limit]

    def _key(self, row: BillingProfile) -> Hashable:
        return row.tenant_id

    def _reaches(self, scope: Scope, row: BillingProfile) -> bool:
        return scope.covers(partner_id=row.partner_id, tenant_id=row.tenant_id)

    def _taken(self, row: BillingProfile) -> Callable[[], ScaiControlError]:
        return lambda: BillingProfileExists(row.tenant_id)


class MemoryVatEvidence:
    """The evidence on VAT numbers; nothing of it is ever changed."""

    _TABLE = "vat_evidence"
    _SORTS: ClassVar[Mapping[str, SortKey[VatEvidenceRecord]]] = {
        "asked_at": lambda record: (sortable(record.asked_at), record.id),
    }

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, record: VatEvidenceRecord) -> None:
        """Append one."""
        self._transaction.require_reach("VAT evidence", partner_id=record.partner_id, tenant_id=record.tenant_id)
        self._transaction.write(self._TABLE, record.id, record)

    async def list(self, tenant_id: TenantId, request: PageRequest) -> Page[VatEvidenceRecord]:
        """Return a page of a tenant's."""
        scope, rows = self._transaction.scope, self._transaction.rows(self._TABLE)
        found = [
            row
            for row in rows
            if row.tenant_id == tenant_id and scope.covers(partner_id=row.partner_id, tenant_id=row.tenant_id)
        ]
        return paged(found, request, VAT_EVIDENCE, self._SORTS, {"tenant_id": tenant_id})


def _may_be_due(profile: BillingProfile, wanted: UncheckedFilter) -> bool:
    evidence, asked = profile.vat_evidence, profile.vat_evidence.last_asked_at
    if profile.details.vat_number is None or not profile.details.is_business or evidence.is_attested:
        return False
    if evidence.state is VatNumberState.NEVER_CHECKED:
        return wanted.changed_since is None or profile.updated_at >= wanted.changed_since
    if evidence.attempts > 0:
        return asked is not None and asked <= wanted.asked_before
    return asked is None or asked <= wanted.answered_before


def _mentions(search: str | None, *texts: str | None) -> bool:
    """Tell whether one of the texts contains what is looked for, whatever the case."""
    return not search or any(search.casefold() in text.casefold() for text in texts if text)
