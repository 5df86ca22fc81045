"""List the evidence on a tenant's VAT numbers."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.ports import TenancyWork
from scaicontrol_core.tenancy.vat_evidence import VatEvidenceRecord


@frozen
class ListVatEvidence:
    """Every question to the register with its answer, and every attestation, newest first. Raises ``NotFound``."""

    work: UnitOfWorkFactory[TenancyWork]

    async def __call__(self, actor: Actor, tenant_id: TenantId, request: PageRequest) -> Page[VatEvidenceRecord]:
        """Return a page of it."""
        actor.require(Permission.ADMIN_TENANTS)
        async with self.work.begin(actor, read_only=True) as work:
            tenant = await work.tenants.get(tenant_id)
            return await work.vat_evidence.list(tenant.id, request)
