"""What is known about a partner's own VAT number, for what it buys."""

from __future__ import annotations

from typing import Any

import pytest

from scaicontrol_core.access import Actor
from scaicontrol_core.kernel.errors import Forbidden, Invalid
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.tenancy.use_cases.attest_partner_vat_number import AttestPartnerVatNumber, PartnerAttestation
from scaicontrol_core.tenancy.use_cases.check_partner_vat_number import CheckPartnerVatNumber
from scaicontrol_core.tenancy.use_cases.configure_partner import ConfigurePartner, PartnerChanges
from scaicontrol_core.tenancy.vat_evidence import NEVER_CHECKED, VatEvidenceSource, VatNumberState
from scaicontrol_core.tenancy.vat_register import RegisterAnswer, RegisterOff, RegisterQuestion, RegisterUnavailable
from scaicontrol_core.testing import MemoryWorld, builders

BOSS = Actor.system("boss")
PARTNER = PartnerId("prt_berlin")
REASON = PartnerAttestation(note="Seen on the letter of their tax office", reference="file 7")


class Register:
    """Gives one reply, and remembers what it was asked."""

    is_on = True

    def __init__(self, reply: Any) -> None:
        self.reply = reply
        self.asked: list[RegisterQuestion] = []

    async def check(self, question: RegisterQuestion) -> RegisterAnswer:
        self.asked.append(question)
        return self.reply  # type: ignore[no-any-return]

    async def check_many(self, questions: Any, *, seconds: int) -> list[Any]:
        del seconds
        self.asked += questions
        return [self.reply]


async def world_with(register: Any = None) -> MemoryWorld:
    world = MemoryWorld(**({"vat_register": register} if register else {}))
    berlin = {"seller_country_code": "DE", "seller_vat_number": "DE136695976", "invoice_number_prefix": "BER"}
    await world.keep(builders.new_partner(), builders.new_partner(PARTNER, operator=False, name="Berlin", **berlin))
    return world


async def test_the_platform_vouches_for_it_and_says_why() -> None:
    world = await world_with()
    partner = await world.use(AttestPartnerVatNumber)(BOSS, PARTNER, REASON)
    evidence = partner.vat_evidence
    assert (evidence.state, evidence.source) == (VatNumberState.VALID, VatEvidenceSource.OPERATOR_ATTESTED)
    assert (evidence.note, evidence.reference) == (REASON.note, "file 7")
    assert world.store.audit[-1].action == "partner.vat_number_checked"


async def test_nobody_vouches_for_itself() -> None:
    world = await world_with()
    with pytest.raises(Forbidden):
        await world.use(AttestPartnerVatNumber)(Actor.partner_admin("bert", PARTNER), PARTNER, REASON)
    with pytest.raises(Invalid):
        PartnerAttestation(note=" ")


async def test_the_register_is_asked_in_the_operators_name() -> None:
    register = Register(RegisterAnswer(valid=True, consultation_number="WAPI1"))
    world = await world_with(register)
    partner = await world.use(CheckPartnerVatNumber)(BOSS, PARTNER)
    assert register.asked == [RegisterQuestion("DE136695976", "NL868355884B01")]
    assert (partner.vat_evidence.state, partner.vat_evidence.reference) == (VatNumberState.VALID, "WAPI1")


async def test_silence_is_no_no_and_a_no_takes_back_no_attestation() -> None:
    world = await world_with(Register(RegisterUnavailable("MS_UNAVAILABLE")))
    assert (await world.use(CheckPartnerVatNumber)(BOSS, PARTNER)).vat_evidence.state is VatNumberState.PENDING
    world = await world_with(Register(RegisterAnswer(valid=False)))
    assert (await world.use(CheckPartnerVatNumber)(BOSS, PARTNER)).vat_evidence.state is VatNumberState.INVALID
    await world.use(AttestPartnerVatNumber)(BOSS, PARTNER, REASON)
    assert (await world.use(CheckPartnerVatNumber)(BOSS, PARTNER)).vat_evidence.is_attested


async def test_another_number_is_another_claim() -> None:
    world = await world_with()
    await world.use(AttestPartnerVatNumber)(BOSS, PARTNER, REASON)
    changes = PartnerChanges(configuration={"seller_vat_number": "DE129274202"})
    assert (await world.use(ConfigurePartner)(BOSS, PARTNER, changes)).vat_evidence == NEVER_CHECKED


async def test_what_can_not_be_asked_is_refused() -> None:
    world = await world_with()
    with pytest.raises(RegisterOff):
        await world.use(CheckPartnerVatNumber)(BOSS, PARTNER)
    await world.use(ConfigurePartner)(BOSS, PARTNER, PartnerChanges(configuration={"seller_vat_number": None}))
    with pytest.raises(Invalid) as unknown:
        await world.use(CheckPartnerVatNumber)(BOSS, PARTNER)
    with pytest.raises(Invalid) as unfounded:
        await world.use(AttestPartnerVatNumber)(BOSS, PARTNER, REASON)
    assert {unknown.value.code, unfounded.value.code} == {"vat_number_missing"}


@pytest.mark.parametrize("wrong", ["soon", 7, "2026-13-01"])
async def test_the_day_of_an_agreement_is_a_day(wrong: object) -> None:
    world = await world_with()
    with pytest.raises(Invalid) as refused:
        await world.use(ConfigurePartner)(
            BOSS, PARTNER, PartnerChanges(configuration={"self_billing_agreed_on": wrong})
        )
    assert refused.value.fields[0].pointer == "/self_billing_agreed_on"
