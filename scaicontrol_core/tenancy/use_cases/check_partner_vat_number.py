"""Ask the register about a partner's own VAT number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.partner import Partner
from scaicontrol_core.tenancy.ports import VatNumberCheck
from scaicontrol_core.tenancy.vat_checking import VatCheckingWork
from scaicontrol_core.tenancy.vat_evidence import VatEvidenceSource, VatNumberEvidence, VatNumberState
from scaicontrol_core.tenancy.vat_register import RegisterAnswer, RegisterOff, RegisterQuestion, VatRegister

if TYPE_CHECKING:
    from scaicontrol_core.tenancy.vat_register import RegisterReply

_SECONDS = 30


@frozen
class CheckPartnerVatNumber:
    """Ask the register now about the number of a partner, or the operator's own, and keep what it says.

    An outage is no error and no "no"; a "no" takes back no attestation. Raises ``NotFound``, ``RegisterOff``,
    ``Invalid`` (``vat_number_missing``, ``vat_number_not_registrable``).
    """

    work: UnitOfWorkFactory[VatCheckingWork]
    clock: Clock
    vat_register: VatRegister
    vat_numbers: VatNumberCheck

    async def __call__(self, actor: Actor, partner_id: PartnerId) -> Partner:
        """Return the partner with what is known now."""
        actor.require(Permission.ADMIN_PARTNERS)
        question = await self._question(actor, partner_id)
        if not self.vat_register.is_on:
            raise RegisterOff
        (reply,) = await self.vat_register.check_many([question], seconds=_SECONDS)
        async with self.work.begin(actor) as work:
            partner = await work.partners.get(partner_id)
            learned = self._learned(partner, reply)
            if learned is not None and partner.configuration.seller_vat_number == question.vat_number:
                partner.learn_vat_evidence(learned)
                await work.partners.save(partner)
                await work.commit()
        return partner

    async def _question(self, actor: Actor, partner_id: PartnerId) -> RegisterQuestion:
        async with self.work.begin(actor, read_only=True) as work:
            partner = await work.partners.get(partner_id)
            _, operator = await work.sellers.own_and_operator(partner_id)
        number = partner.configuration.seller_vat_number
        if number is None:
            raise Invalid.field("/seller_vat_number", "There is no VAT number to check.", code="vat_number_missing")
        if not self.vat_numbers.is_registrable(number):
            raise Invalid.field(
                "/seller_vat_number",
                f"{number} is no VAT number of the EU: the register does not know such numbers.",
                code="vat_number_not_registrable",
            )
        own = operator.configuration.seller_vat_number if operator else None
        return RegisterQuestion(number, own if own is not None and self.vat_numbers.is_registrable(own) else None)

    def _learned(self, partner: Partner, reply: RegisterReply) -> VatNumberEvidence | None:
        now, known = self.clock.now(), partner.vat_evidence
        if isinstance(reply, RegisterAnswer):
            if known.is_attested and not reply.valid:
                return None
            return VatNumberEvidence(
                state=VatNumberState.VALID if reply.valid else VatNumberState.INVALID,
                source=VatEvidenceSource.VIES,
                checked_at=now,
                last_asked_at=now,
                reference=reply.consultation_number,
                error_code=reply.error_code,
            )
        if reply is None or known.is_attested:
            return None
        return known.unanswered(reply.register_code, now)
