"""What tenancy needs of the outside: its collections, and a check of VAT numbers.

Every collection shows only the rows of its unit of work's scope: a platform sees all, a
partner itself and its tenants, a tenant its own tenant row and profile (no partners), a
service nothing. A row out of scope is not there (``NotFound``); writing one raises
``Forbidden``. ``add`` and ``save`` add 1 to the aggregate's ``version`` and hand its events
to the unit of work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from attrs import frozen

from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.paging import Page, PageRequest, Sorting
from scaicontrol_core.kernel.work import UnitOfWork
from scaicontrol_core.tenancy.billing_profile import BillingDetails, BillingProfile
from scaicontrol_core.tenancy.branding import AssetKind
from scaicontrol_core.tenancy.partner import Partner
from scaicontrol_core.tenancy.seller import PartnerConfiguration
from scaicontrol_core.tenancy.tenant import CollectionMethod, Tenant
from scaicontrol_core.tenancy.vat_evidence import VatEvidenceRecord

PARTNERS = Sorting("partners", ("created_at", "name"), "created_at")
TENANTS = Sorting("tenants", ("created_at", "name"), "created_at")
VAT_EVIDENCE = Sorting("vat_evidence", ("asked_at",), "-asked_at")


class Partners(Protocol):
    """All partners within scope."""

    async def get(self, partner_id: PartnerId) -> Partner:
        """Return one, or raise ``NotFound`` (``partner_not_found``)."""
        ...

    async def operator(self) -> Partner | None:
        """Return the operator, or None before it was set up or where the scope hides it."""
        ...

    async def add(self, partner: Partner) -> None:
        """Store a new one; raises ``OperatorExists`` or ``InvoicePrefixTaken``."""
        ...

    async def save(self, partner: Partner) -> None:
        """Store a changed one; raises ``Stale`` or ``InvoicePrefixTaken``."""
        ...

    async def list(self, request: PageRequest, *, search: str | None = None) -> Page[Partner]:
        """Return a page of those whose name contains the text, whatever the case."""
        ...


@frozen(kw_only=True)
class TenantFilter:
    """Which tenants; None lets all pass. ``search`` looks in the name and the external reference, whatever the case.

    Created from ``since`` on, and before ``until``; UTC.
    """

    partner_id: PartnerId | None = None
    search: str | None = None
    is_active: bool | None = None
    collection_method: CollectionMethod | None = None
    external_reference: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Tenants(Protocol):
    """All tenants within scope."""

    async def get(self, tenant_id: TenantId) -> Tenant:
        """Return one, or raise ``NotFound`` (``tenant_not_found``)."""
        ...

    async def get_many(self, tenant_ids: Sequence[TenantId]) -> Mapping[TenantId, Tenant]:
        """Return those of the ids that exist, in one read."""
        ...

    async def find_by_reference(self, partner_id: PartnerId, external_reference: str) -> Tenant | None:
        """Return the partner's tenant with that external reference (case counts), if any."""
        ...

    async def add(self, tenant: Tenant) -> None:
        """Store a new one; raises ``ExternalReferenceTaken``."""
        ...

    async def save(self, tenant: Tenant) -> None:
        """Store a changed one; raises ``Stale`` or ``ExternalReferenceTaken``."""
        ...

    async def list(self, request: PageRequest, criteria: TenantFilter) -> Page[Tenant]:
        """Return a page of those the filter lets pass."""
        ...


@frozen(kw_only=True)
class UncheckedFilter:
    """Which profiles may be due for the register: businesses with a VAT number that nobody has attested.

    Those answered last at ``answered_before`` or earlier; those asked in vain last at
    ``asked_before`` or earlier; those never asked that changed at ``changed_since`` or later
    (None: whenever).
    """

    answered_before: datetime
    asked_before: datetime
    changed_since: datetime | None = None


class BillingProfiles(Protocol):
    """The billing profiles of all tenants within scope."""

    async def get(self, tenant_id: TenantId) -> BillingProfile:
        """Return a tenant's, or raise ``NotFound`` (``billing_profile_not_found``)."""
        ...

    async def find(self, tenant_id: TenantId) -> BillingProfile | None:
        """Return a tenant's, if it has one."""
        ...

    async def exists(self, tenant_id: TenantId) -> bool:
        """Tell whether the tenant has one, without reading it."""
        ...

    async def of_tenants(self, tenant_ids: Sequence[TenantId]) -> Mapping[TenantId, BillingProfile]:
        """Return those that the named tenants have, in one read."""
        ...

    async def unchecked(
        self, wanted: UncheckedFilter, *, after: TenantId | None, limit: int
    ) -> Sequence[BillingProfile]:
        """Return those that the filter lets pass by tenant id, beginning after that one."""
        ...

    async def add(self, profile: BillingProfile) -> None:
        """Store a new one; raises ``BillingProfileExists``."""
        ...

    async def save(self, profile: BillingProfile) -> None:
        """Store a changed one; raises ``Stale``."""
        ...


class VatEvidenceLog(Protocol):
    """Every question to the register with its answer, and every attestation. Append-only."""

    async def add(self, record: VatEvidenceRecord) -> None:
        """Append one."""
        ...

    async def list(self, tenant_id: TenantId, request: PageRequest) -> Page[VatEvidenceRecord]:
        """Return a page of a tenant's, newest first unless sorted otherwise (``asked_at``)."""
        ...


class OwnAssets(Protocol):
    """Tells which logos and fonts a partner has uploaded."""

    async def has(self, partner_id: PartnerId, digest: str, kind: AssetKind) -> bool:
        """Tell whether the partner has an asset of this sha256 (hex) and kind in use."""
        ...


class TenancyWork(UnitOfWork, Protocol):
    """A unit of work over tenancy."""

    @property
    def partners(self) -> Partners:
        """The partners."""
        ...

    @property
    def tenants(self) -> Tenants:
        """The tenants."""
        ...

    @property
    def billing_profiles(self) -> BillingProfiles:
        """The billing profiles."""
        ...

    @property
    def brand_assets(self) -> OwnAssets:
        """The partners' logos and fonts."""
        ...

    @property
    def vat_evidence(self) -> VatEvidenceLog:
        """The evidence on VAT numbers."""
        ...


class VatNumberCheck(Protocol):
    """Judges VAT numbers by what they look like and where they are used, without asking any register."""

    def normalise(self, number: str, country: str, pointer: str) -> str:
        """Return the number in its canonical form with its prefix.

        Raises ``Invalid`` at the pointer if it is not one of that country.
        """
        ...

    def is_registrable(self, number: str) -> bool:
        """Tell whether the register of the EU could know the number: one of a member state, or of Northern Ireland."""
        ...

    def decides_vat(self, buyer: BillingDetails, seller: PartnerConfiguration) -> bool:
        """Tell whether VAT depends on the number: the buyer is a business of another member state than the seller."""
        ...
