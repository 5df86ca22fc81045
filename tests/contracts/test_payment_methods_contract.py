"""What every store promises of payment methods: one default at most, a reference once, and nobody else's."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest
from attrs import evolve, fields

from scaicontrol_adapters.sql.retry import retried
from scaicontrol_core.access import Actor
from scaicontrol_core.kernel.errors import NotFound, OutOfScope, Retryable, Stale
from scaicontrol_core.kernel.ids import PartnerId, PaymentMethodId, TenantId
from scaicontrol_core.kernel.scope import Scope
from scaicontrol_core.payments.errors import MandateReferenceTaken
from scaicontrol_core.payments.lifecycle import MethodStatus
from scaicontrol_core.payments.method_input import NewPaymentMethod
from scaicontrol_core.payments.payment_method import ShownMethod, StoredMethod
from scaicontrol_core.payments.use_cases.add_payment_method import AddPaymentMethod
from scaicontrol_core.payments.use_cases.detach_payment_method import DetachPaymentMethod
from scaicontrol_core.payments.use_cases.set_default_payment_method import SetDefaultPaymentMethod
from scaicontrol_core.testing import FixedClock, SequentialIds, builders
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID
from scaicontrol_core.testing.clock import DEFAULT_START

ADMIN = Actor.system("contract")
OTHER = TenantId("tnt_other")


class Desk:
    """An operator with two customers, over one store."""

    def __init__(self, work: Any) -> None:
        clock, ids = FixedClock(), SequentialIds()
        self.work = work
        self._add = retried(AddPaymentMethod(work, clock, ids))
        self.choose = retried(SetDefaultPaymentMethod(work))
        self.detach = retried(DetachPaymentMethod(work, clock))

    async def add(self, reference: str, *, tenant_id: TenantId = TENANT_ID, default: bool = False) -> ShownMethod:
        """Record a mandate."""
        wanted = NewPaymentMethod(
            mandate_reference=reference,
            debtor_name="Acme B.V.",
            iban="NL91ABNA0417164300",
            bic="ABNANL2A",
            signed_on=date(2026, 1, 10),
            make_default=default,
        )
        return await self._add(ADMIN, tenant_id, wanted)

    async def write(self, method: StoredMethod, actor: Actor = ADMIN) -> None:
        """Write a changed one."""
        async with self.work.begin(actor) as work:
            await work.payment_methods.save(method)
            await work.commit()

    async def kept(self, tenant_id: TenantId = TENANT_ID, actor: Actor = ADMIN) -> list[StoredMethod]:
        """Return what is kept of a customer."""
        async with self.work.begin(actor, read_only=True) as work:
            return list(await work.payment_methods.of_tenant(tenant_id))


@pytest.fixture
async def desk(work_factory: Any) -> Desk:
    """It, on each backend."""
    async with work_factory.begin(ADMIN) as work:
        await work.partners.add(builders.new_partner())
        await work.tenants.add(builders.new_tenant())
        await work.tenants.add(builders.new_tenant(OTHER, name="Other"))
        await work.commit()
    return Desk(work_factory)


def of_tenant(tenant_id: TenantId) -> Actor:
    return evolve(ADMIN, scope=Scope.tenant(tenant_id, OPERATOR_ID))


async def test_a_mandate_is_kept_as_it_was_recorded(desk: Desk) -> None:
    added = await desk.add("M-1", default=True)
    (kept,) = await desk.kept()
    assert (kept.id, kept.iban, kept.bic, kept.signed_on) == (
        added.id,
        "NL91ABNA0417164300",
        "ABNANL2A",
        date(2026, 1, 10),
    )
    assert (kept.default_for, kept.status, kept.created_at, kept.version) == (
        TENANT_ID,
        MethodStatus.ACTIVE,
        DEFAULT_START,
        1,
    )
    assert (kept.partner_id, kept.seller_id, kept.detached_at) == (OPERATOR_ID, OPERATOR_ID, None)
    async with desk.work.begin(ADMIN, read_only=True) as work:
        again = await work.payment_methods.get(kept.id)
    names = [each.name for each in fields(StoredMethod) if each.name != "_events"]
    assert [getattr(again, name) for name in names] == [getattr(kept, name) for name in names]


async def test_the_newest_comes_first(desk: Desk) -> None:
    for reference in ("a", "b", "c"):
        await desk.add(reference)
    assert [each.mandate_reference for each in await desk.kept()] == ["c", "b", "a"]


async def test_a_creditor_s_reference_is_one_of_a_kind_for_ever(desk: Desk) -> None:
    added = await desk.add("M-1")
    assert added.id is not None
    await desk.detach(ADMIN, TENANT_ID, added.id)
    with pytest.raises(MandateReferenceTaken):
        await desk.add("M-1", tenant_id=OTHER)
    assert await desk.kept(OTHER) == []


async def test_of_many_who_choose_at_once_one_prevails(desk: Desk) -> None:
    added = [await desk.add(f"M-{number}") for number in range(4)]
    keys = [PaymentMethodId(str(each.id)) for each in added]

    async def choose(method_id: PaymentMethodId) -> None:
        while True:
            try:
                await desk.choose(ADMIN, TENANT_ID, method_id)
            except (Stale, Retryable):
                continue
            return

    await asyncio.gather(*(choose(each) for each in keys))
    assert [each.default_for for each in await desk.kept() if each.is_default] == [TENANT_ID]


async def test_a_second_default_is_never_written(desk: Desk) -> None:
    await desk.add("M-1", default=True)
    second = await desk.add("M-2")
    (method,) = [each for each in await desk.kept() if each.id == second.id]
    method.make_default()
    with pytest.raises(Retryable):
        await desk.write(method)
    assert [each.mandate_reference for each in await desk.kept() if each.is_default] == ["M-1"]
    await desk.add("M-3", tenant_id=OTHER, default=True)
    assert [each.is_default for each in await desk.kept(OTHER)] == [True]


async def test_a_detached_one_frees_the_default(desk: Desk) -> None:
    added = await desk.add("M-1", default=True)
    assert added.id is not None
    await desk.detach(ADMIN, TENANT_ID, added.id)
    (kept,) = await desk.kept()
    assert (kept.status, kept.default_for, kept.detached_at) == (MethodStatus.DETACHED, None, DEFAULT_START)


async def test_nobody_sees_or_changes_another_s(desk: Desk) -> None:
    added = await desk.add("M-1")
    assert [each.id for each in await desk.kept(actor=of_tenant(TENANT_ID))] == [added.id]
    foreign = of_tenant(OTHER)
    assert await desk.kept(actor=foreign) == []
    reseller = evolve(ADMIN, scope=Scope.partner(PartnerId("prt_reseller")))
    for actor in (foreign, reseller):
        async with desk.work.begin(actor, read_only=True) as work:
            with pytest.raises(NotFound) as missing:
                await work.payment_methods.get(added.id)
        assert missing.value.code == "payment_method_not_found"
        (method,) = await desk.kept()
        method.make_default()
        with pytest.raises(OutOfScope):
            await desk.write(method, actor)


async def test_who_looked_at_an_older_version_changes_nothing(desk: Desk) -> None:
    added = await desk.add("M-1")
    (old,) = await desk.kept()
    assert added.id is not None
    await desk.choose(ADMIN, TENANT_ID, added.id)
    old.detach(DEFAULT_START)
    with pytest.raises(Stale):
        await desk.write(old)
