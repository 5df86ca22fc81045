"""The register takes its time, and the business goes on meanwhile: no backend waits for it or mixes anything up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from attrs import define

from scaicontrol_core.access import Actor
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.tenancy.billing_profile import BillingProfile
from scaicontrol_core.tenancy.use_cases.attest_vat_number import Attestation, AttestVatNumber
from scaicontrol_core.tenancy.use_cases.check_vat_number import CheckVatNumber
from scaicontrol_core.tenancy.use_cases.get_billing_profile import GetBillingProfile
from scaicontrol_core.tenancy.use_cases.list_vat_evidence import ListVatEvidence
from scaicontrol_core.tenancy.use_cases.recheck_vat_numbers import RecheckVatNumbers
from scaicontrol_core.tenancy.use_cases.set_billing_profile import SetBillingProfile
from scaicontrol_core.tenancy.vat_evidence import VatEvidenceRecord, VatEvidenceSource, VatNumberState
from scaicontrol_core.testing import MemoryWorld, builders
from scaicontrol_core.testing.register import MemoryRegister

BOSS = Actor.system("contract")
IRISH, OTHER, GERMAN = "IE3507995F", "IE6433435F", "DE158950105"
EIRE: dict[str, Any] = {"company_name": "Emerald Ltd", "country_code": "IE", "vat_number": IRISH, "postal_code": "D02"}
RHEIN: dict[str, Any] = {"company_name": "Rhein GmbH", "country_code": "DE", "vat_number": GERMAN}
TOM, RHONA = TenantId("tnt_eire"), TenantId("tnt_rhein")


@define
class SlowRegister(MemoryRegister):
    """While it looks a number up, something ``happens``: on a backend that holds a transaction meanwhile, never."""

    happens: Callable[[], Awaitable[object]] | None = None

    async def check_many(self, questions: Sequence[Any], *, seconds: int) -> Sequence[Any]:
        """Reply after whatever happens meanwhile."""
        replies = await super().check_many(questions, seconds=seconds)
        if self.happens is not None:
            happens, self.happens = self.happens, None
            await happens()
        return replies


@pytest.fixture
def register() -> SlowRegister:
    return SlowRegister(known={IRISH, GERMAN})


@pytest.fixture
async def town(work_factory: Any, register: SlowRegister) -> MemoryWorld:
    """A Dutch seller with an Irish and a German customer on each backend."""
    async with work_factory.begin(BOSS) as work:
        await work.partners.add(builders.new_partner())
        for tenant_id, details in ((TOM, EIRE), (RHONA, RHEIN)):
            await work.tenants.add(builders.new_tenant(tenant_id))
            await work.billing_profiles.add(builders.new_profile(tenant_id, **details))
        await work.commit()
    return MemoryWorld(work=work_factory, vat_register=register)


async def profile(town: MemoryWorld, tenant_id: TenantId = TOM) -> BillingProfile:
    return await town.use(GetBillingProfile)(BOSS, tenant_id)


async def history(town: MemoryWorld, tenant_id: TenantId = TOM) -> tuple[VatEvidenceRecord, ...]:
    return (await town.use(ListVatEvidence)(BOSS, tenant_id, PageRequest())).items


async def edit(town: MemoryWorld, **values: Any) -> None:
    await town.use(SetBillingProfile)(BOSS, TOM, builders.billing_details(**(EIRE | values)))


async def test_another_number_typed_meanwhile_gets_nothing_of_the_first(
    town: MemoryWorld, register: SlowRegister
) -> None:
    register.happens = lambda: edit(town, vat_number=OTHER)
    report = await town.use(RecheckVatNumbers)(BOSS)
    assert (report.answered, report.unasked) == (1, 1)
    tom = await profile(town)
    assert (tom.details.vat_number, tom.vat_evidence.state) == (OTHER, VatNumberState.NEVER_CHECKED)
    assert await history(town) == ()
    assert (await profile(town, RHONA)).vat_evidence.is_valid


async def test_an_edit_of_something_else_and_the_answer_are_both_kept(
    town: MemoryWorld, register: SlowRegister
) -> None:
    register.happens = lambda: edit(town, city="Cork")
    await town.use(RecheckVatNumbers)(BOSS)
    tom = await profile(town)
    assert (tom.details.city, tom.vat_evidence.is_valid) == ("Cork", True)


async def test_the_sellers_word_given_meanwhile_outlives_a_no(town: MemoryWorld, register: SlowRegister) -> None:
    register.known.clear()
    register.happens = lambda: town.use(AttestVatNumber)(BOSS, TOM, Attestation(note="Extract seen."))
    await town.use(RecheckVatNumbers)(BOSS)
    assert (await profile(town)).vat_evidence.source is VatEvidenceSource.OPERATOR_ATTESTED
    assert {each.state for each in await history(town)} == {VatNumberState.VALID, VatNumberState.INVALID}


async def test_whoever_asks_at_once_keeps_an_answer_each(town: MemoryWorld) -> None:
    await asyncio.gather(*(town.use(CheckVatNumber)(BOSS, TOM) for _ in range(4)))
    assert len(await history(town)) == 4
    assert (await profile(town)).vat_evidence.is_valid


async def test_what_was_kept_before_a_crash_stays_and_the_rest_is_asked_again(
    town: MemoryWorld, register: SlowRegister
) -> None:
    class Crash(BaseException):
        """The computer is gone."""

    class CrashingIds:
        """Two replies come; the computer dies over the second."""

        def __init__(self) -> None:
            self.left = 1

        def new(self, prefix: str) -> str:
            if not self.left:
                raise Crash
            self.left -= 1
            return town.ids.new(prefix)

    recheck = town.use(RecheckVatNumbers)
    with pytest.raises(Crash):
        await RecheckVatNumbers(
            town.ports["work"], town.clock, CrashingIds(), recheck.retry, register, recheck.vat_numbers
        )(BOSS)
    kept = [len(await history(town, each)) for each in (TOM, RHONA)]
    assert sorted(kept) == [0, 1]
    assert (await recheck(BOSS)).answered == 1
    assert [len(await history(town, each)) for each in (TOM, RHONA)] == [1, 1]
