"""Audit the whole database."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.integrity.auditing import (
    Declared,
    audit_credits,
    audit_documents,
    audit_ledger,
    audit_numbers,
    audit_packs,
    audit_repeats,
    audit_reports,
    audit_settlements,
)
from scaicontrol_core.integrity.finding import IntegrityAudit
from scaicontrol_core.integrity.partner_billing import audit_partner_billing
from scaicontrol_core.integrity.ports import IntegrityWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.selling import seller_for


@frozen
class AuditIntegrity:
    """Hold every integrity rule against everything that is stored, in one consistent reading.

    It writes nothing and needs memory for a page at a time. The platform's business only:
    raises ``Forbidden`` for any narrower scope.
    """

    work: UnitOfWorkFactory[IntegrityWork]
    clock: Clock

    async def __call__(self, actor: Actor) -> IntegrityAudit:
        """Return what was checked and found, rule by rule."""
        actor.require(Permission.ADMIN_BILLING)
        actor.require_platform()
        declared = Declared()
        async with self.work.begin(actor, read_only=True) as work:
            partners = await work.sellers.everyone()
            operator = next((partner for partner in partners if partner.is_operator), None)
            timezones = {each.id: seller_for(each, operator).configuration.billing_timezone for each in partners}
            rules = (
                await audit_numbers(work),
                *await audit_documents(work, declared),
                await audit_credits(work),
                *await audit_settlements(work),
                *await audit_ledger(work, timezones),
                *await audit_repeats(work),
                await audit_packs(work),
                *await audit_partner_billing(work),
                await audit_reports(work, partners, declared),
            )
        return IntegrityAudit(audited_at=self.clock.now(), rules=rules)
