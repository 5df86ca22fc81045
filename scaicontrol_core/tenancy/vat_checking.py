"""Asking the register about buyers and keeping what it says: shared by everything that asks.

Questions go out between transactions, never within one; each reply is kept in a transaction of
its own, so that what was learned stays learned whatever comes after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from scaicontrol_core.kernel.errors import Stale
from scaicontrol_core.tenancy.ports import TenancyWork
from scaicontrol_core.tenancy.selling import Sellers, seller_for
from scaicontrol_core.tenancy.vat_evidence import VatEvidenceRecord, VatEvidenceSource, VatNumberState
from scaicontrol_core.tenancy.vat_register import RegisterAnswer, RegisterQuestion, RegisterRefusesUs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from scaicontrol_core.kernel.clock import Clock
    from scaicontrol_core.kernel.ids import Ids, PartnerId, TenantId
    from scaicontrol_core.kernel.work import ActsInScope, Retry, UnitOfWorkFactory
    from scaicontrol_core.tenancy.billing_profile import BillingProfile
    from scaicontrol_core.tenancy.partner import Partner
    from scaicontrol_core.tenancy.ports import VatNumberCheck
    from scaicontrol_core.tenancy.vat_register import RegisterReply, VatRegister

_ATTEMPTS = 5


class VatCheckingWork(TenancyWork, Protocol):
    """A unit of work that knows the sellers too: their numbers are sent along as the requester's."""

    @property
    def sellers(self) -> Sellers:
        """The partners as sellers."""
        ...


@frozen(kw_only=True)
class VatCheck:
    """A question on behalf of a tenant."""

    tenant_id: TenantId
    question: RegisterQuestion

    @classmethod
    def of(cls, profile: BillingProfile, seller: Partner, vat_numbers: VatNumberCheck) -> VatCheck | None:
        """Return what to ask about a buyer, or None if it has no number that the register could know."""
        number, own = profile.details.vat_number, seller.configuration.seller_vat_number
        if number is None or not vat_numbers.is_registrable(number):
            return None
        requester = own if own is not None and vat_numbers.is_registrable(own) else None
        return cls(tenant_id=profile.tenant_id, question=RegisterQuestion(number, requester))


@frozen(kw_only=True)
class VatCheckOutcome:
    """What became of a question: the evidence kept, None if nobody was asked or the number has changed since.

    ``refused_us`` is the register's code if it does not talk to us: the operator should know.
    """

    check: VatCheck
    before: VatNumberState | None = None
    after: VatNumberState | None = None
    record: VatEvidenceRecord | None = None
    refused_us: str | None = None


def due_check(
    profile: BillingProfile,
    seller: Partner,
    vat_numbers: VatNumberCheck,
    now: datetime,
    *,
    before_billing: bool = False,
) -> VatCheck | None:
    """Return what to ask about a buyer whose number decides over its VAT, if it is time to ask."""
    if not profile.vat_evidence.is_due(now, before_billing=before_billing):
        return None
    if not vat_numbers.decides_vat(profile.details, seller.configuration):
        return None
    return VatCheck.of(profile, seller, vat_numbers)


async def sellers_of(work: VatCheckingWork, partner_ids: Iterable[PartnerId]) -> dict[PartnerId, Partner]:
    """Return who sells to the tenants of each partner."""
    return {each: seller_for(*await work.sellers.own_and_operator(each)) for each in dict.fromkeys(partner_ids)}


@frozen(kw_only=True)
class VatChecking:
    """The ports of asking, together."""

    work: UnitOfWorkFactory[VatCheckingWork]
    register: VatRegister
    clock: Clock
    ids: Ids
    retry: Retry

    async def ask(self, actor: ActsInScope, checks: Sequence[VatCheck], *, seconds: int) -> tuple[VatCheckOutcome, ...]:
        """Ask all of them within so many seconds, keep each reply, and return what became of each."""
        if not checks or not self.register.is_on:
            return tuple(VatCheckOutcome(check=check) for check in checks)
        replies = await self.register.check_many([check.question for check in checks], seconds=seconds)
        return tuple([await self.keep(actor, check, reply) for check, reply in zip(checks, replies, strict=True)])

    async def keep(self, actor: ActsInScope, check: VatCheck, reply: RegisterReply) -> VatCheckOutcome:
        """Keep one reply; if somebody edited the profile meanwhile, on top of the edit."""
        if reply is None:
            return VatCheckOutcome(check=check)

        async def attempt() -> VatCheckOutcome:
            async with self.work.begin(actor) as work:
                return await self._kept(work, check, reply)

        for _ in range(_ATTEMPTS - 1):
            try:
                return await self.retry(attempt)
            except Stale:
                continue
        return await self.retry(attempt)

    async def _kept(self, work: VatCheckingWork, check: VatCheck, reply: RegisterAnswer | Exception) -> VatCheckOutcome:
        profile = await work.billing_profiles.find(check.tenant_id)
        if profile is None or profile.details.vat_number != check.question.vat_number:
            return VatCheckOutcome(check=check)
        now, before = self.clock.now(), profile.vat_evidence.state
        record = _record(self.ids.new("vev"), check, profile, reply, now)
        if isinstance(reply, RegisterAnswer):
            profile.record_register_answer(reply, now)
        else:
            profile.record_register_silence(record.error_code or "", now)
        if profile.has_changed:
            await work.billing_profiles.save(profile)
        await work.vat_evidence.add(record)
        await work.commit()
        return VatCheckOutcome(
            check=check,
            before=before,
            after=profile.vat_evidence.state,
            record=record,
            refused_us=record.error_code if isinstance(reply, RegisterRefusesUs) else None,
        )


def attestation_record(record_id: str, profile: BillingProfile) -> VatEvidenceRecord:
    """Return the record of the attestation that a profile has just got."""
    evidence = profile.vat_evidence
    return VatEvidenceRecord(
        id=record_id,
        tenant_id=profile.tenant_id,
        partner_id=profile.partner_id,
        asked_at=evidence.checked_at or profile.updated_at,
        vat_number=profile.details.vat_number or "",
        as_typed=evidence.as_typed,
        state=evidence.state,
        source=evidence.source,
        reference=evidence.reference,
        note=evidence.note,
    )


def _record(
    record_id: str, check: VatCheck, profile: BillingProfile, reply: RegisterAnswer | Exception, now: datetime
) -> VatEvidenceRecord:
    told = reply if isinstance(reply, RegisterAnswer) else None
    state = VatNumberState.PENDING
    if told is not None:
        state = VatNumberState.VALID if told.valid else VatNumberState.INVALID
    return VatEvidenceRecord(
        id=record_id,
        tenant_id=profile.tenant_id,
        partner_id=profile.partner_id,
        asked_at=now,
        vat_number=check.question.vat_number,
        as_typed=profile.vat_evidence.as_typed,
        state=state,
        source=VatEvidenceSource.VIES,
        reference=told.consultation_number if told else None,
        requester=check.question.requester,
        name=told.name if told else None,
        address=told.address if told else None,
        error_code=told.error_code if told else getattr(reply, "register_code", None),
        raw=getattr(reply, "raw", None),
    )
