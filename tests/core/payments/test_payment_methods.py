"""What a customer pays with: a transfer, unless it signed a mandate and wants to be collected from."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from attrs import evolve

from scaicontrol_core.access import Actor
from scaicontrol_core.kernel.errors import Conflict, Forbidden, Invalid, InvalidTransition, NotFound
from scaicontrol_core.kernel.ids import PaymentMethodId, TenantId
from scaicontrol_core.payments.errors import MandateReferenceTaken, PaymentMethodDetached, TooManyPaymentMethods
from scaicontrol_core.payments.lifecycle import MethodStatus, PaymentMethod
from scaicontrol_core.payments.method_input import NewPaymentMethod
from scaicontrol_core.payments.payment_method import MAX_METHODS, ShownMethod
from scaicontrol_core.payments.use_cases.add_payment_method import AddPaymentMethod
from scaicontrol_core.payments.use_cases.detach_payment_method import DetachPaymentMethod
from scaicontrol_core.payments.use_cases.list_payment_methods import ListPaymentMethods
from scaicontrol_core.payments.use_cases.set_default_payment_method import SetDefaultPaymentMethod
from scaicontrol_core.testing import MemoryWorld
from scaicontrol_core.testing.builders import TENANT_ID

ADMIN = Actor.system("desk")
IBAN = "NL91ABNA0417164300"


def mandate(reference: str = "M-1", **fields: Any) -> NewPaymentMethod:
    """A mandate as somebody records it."""
    usual: dict[str, Any] = {"debtor_name": "Acme B.V.", "iban": IBAN, "signed_on": date(2026, 1, 10)}
    return NewPaymentMethod(mandate_reference=reference, **(usual | fields))


@pytest.fixture
async def world() -> MemoryWorld:
    """The operator with one customer; it is 15 January 2026."""
    return await MemoryWorld.with_one_customer()


async def add(world: MemoryWorld, reference: str, **fields: Any) -> ShownMethod:
    return await world.use(AddPaymentMethod)(ADMIN, TENANT_ID, mandate(reference, **fields))


async def listed(world: MemoryWorld, status: MethodStatus | None = None) -> tuple[ShownMethod, ...]:
    return await world.use(ListPaymentMethods)(ADMIN, TENANT_ID, status)


def key(method: ShownMethod) -> PaymentMethodId:
    assert method.id is not None
    return method.id


async def test_without_a_mandate_a_customer_transfers_to_the_seller_s_account(world: MemoryWorld) -> None:
    (transfer,) = await listed(world)
    assert (transfer.kind, transfer.is_default, transfer.id) == (PaymentMethod.BANK_TRANSFER, True, None)
    assert (transfer.iban, transfer.transfer_reference) == (IBAN, "invoice_number")
    assert transfer.holder


async def test_a_mandate_is_shown_masked_and_is_the_default_only_if_wished(world: MemoryWorld) -> None:
    added = await add(world, "M-1", iban="nl91 abna 0417 1643 00")
    assert (added.iban, added.is_default, added.status) == ("NL************4300", False, MethodStatus.ACTIVE)
    transfer, kept = await listed(world)
    assert (transfer.is_default, kept) == (True, added)
    chosen = await world.use(SetDefaultPaymentMethod)(ADMIN, TENANT_ID, key(added))
    assert chosen.is_default
    assert [each.is_default for each in await listed(world)] == [False, True]
    back = await world.use(SetDefaultPaymentMethod)(ADMIN, TENANT_ID, key(added), is_default=False)
    assert not back.is_default
    assert (await listed(world))[0].is_default


async def test_a_new_default_takes_the_place_of_the_old_one(world: MemoryWorld) -> None:
    first, second = await add(world, "M-1", make_default=True), await add(world, "M-2", make_default=True)
    assert [each.is_default for each in await listed(world)] == [False, True, False]
    await world.use(SetDefaultPaymentMethod)(ADMIN, TENANT_ID, key(first))
    found = {each.id: each.is_default for each in await listed(world)}
    assert found == {None: False, first.id: True, second.id: False}


async def test_a_detached_one_is_kept_and_used_no_more(world: MemoryWorld) -> None:
    added = await add(world, "M-1", make_default=True)
    gone = await world.use(DetachPaymentMethod)(ADMIN, TENANT_ID, key(added))
    assert (gone.status, gone.is_default, gone.detached_at) == (MethodStatus.DETACHED, False, world.clock.now())
    (transfer,) = await listed(world)
    assert transfer.is_default
    assert await listed(world, MethodStatus.DETACHED) == (gone,)
    with pytest.raises(PaymentMethodDetached):
        await world.use(SetDefaultPaymentMethod)(ADMIN, TENANT_ID, key(added))
    assert not (await world.use(SetDefaultPaymentMethod)(ADMIN, TENANT_ID, key(added), is_default=False)).is_default
    with pytest.raises(InvalidTransition):
        await world.use(DetachPaymentMethod)(ADMIN, TENANT_ID, key(added))
    with pytest.raises(MandateReferenceTaken):
        await add(world, "M-1")


async def test_the_log_tells_everything_but_the_account(world: MemoryWorld) -> None:
    added = await add(world, "M-1", make_default=True)
    await world.use(DetachPaymentMethod)(ADMIN, TENANT_ID, key(added))
    entries = [each for each in world.store.audit if each.resource_id == added.id]
    actions = ["payment_method.added", "payment_method.default_changed", "payment_method.detached"]
    assert [each.action for each in entries] == actions
    assert IBAN not in repr(entries)
    assert "NL************4300" in repr(entries)
    assert IBAN not in repr([world.store.tables["payment_methods"], mandate()])


async def test_a_mandate_signed_tomorrow_is_none_by_the_seller_s_calendar(world: MemoryWorld) -> None:
    world.clock.set(datetime(2026, 1, 15, 23, 30, tzinfo=UTC))  # past midnight in Amsterdam
    assert (await add(world, "M-1", signed_on=date(2026, 1, 16))).signed_on == date(2026, 1, 16)
    for day in (date(2026, 1, 17), date(1999, 12, 31)):
        with pytest.raises(Invalid) as refused:
            await add(world, "M-2", signed_on=day)
        assert refused.value.code == "signed_on_invalid"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"iban": "NL91ABNA0417164301"}, "iban_invalid"),
        ({"iban": "BR1800360305000010009795493C1"}, "iban_outside_sepa"),
        ({"iban": "CH9300762011623852957"}, "bic_required"),
        ({"bic": "NOPE"}, "bic_invalid"),
        ({"reference": ""}, "mandate_reference_invalid"),
        ({"reference": "é"}, "mandate_reference_invalid"),
        ({"reference": "a//b"}, "mandate_reference_invalid"),
        ({"reference": "/a"}, "mandate_reference_invalid"),
        ({"reference": "x" * 36}, "mandate_reference_invalid"),
    ],
)
def test_what_no_bank_would_take_is_refused(fields: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        mandate(**fields)
    assert refused.value.code == code
    assert "ABNA0417164301" not in str(refused.value)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        mandate("", iban="x", debtor_name=" ")
    assert {each.pointer for each in refused.value.fields} == {"/mandate_reference", "/iban", "/debtor_name"}


async def test_another_customer_s_is_not_there(world: MemoryWorld) -> None:
    added = await add(world, "M-1")
    stranger = TenantId("tnt_other")
    with pytest.raises(NotFound):
        await world.use(SetDefaultPaymentMethod)(ADMIN, stranger, key(added))
    with pytest.raises(NotFound):
        await world.use(DetachPaymentMethod)(ADMIN, stranger, key(added))


async def test_there_is_an_end_to_it(world: MemoryWorld) -> None:
    for number in range(MAX_METHODS):
        await add(world, f"M-{number}")
    with pytest.raises(TooManyPaymentMethods) as refused:
        await add(world, "one more")
    assert isinstance(refused.value, Conflict)


async def test_who_may_only_read_changes_nothing(world: MemoryWorld) -> None:
    reader = evolve(ADMIN, roles=frozenset(), permissions=frozenset())
    with pytest.raises(Forbidden):
        await world.use(AddPaymentMethod)(reader, TENANT_ID, mandate())
    with pytest.raises(Forbidden):
        await world.use(ListPaymentMethods)(reader, TENANT_ID)
