"""However mandates come, are chosen and go: one default at most, and never a detached one."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from scaicontrol_core.access import Actor
from scaicontrol_core.kernel.errors import InvalidTransition
from scaicontrol_core.payments.errors import MandateReferenceTaken, PaymentMethodDetached
from scaicontrol_core.payments.lifecycle import MethodStatus, PaymentMethod
from scaicontrol_core.payments.method_input import NewPaymentMethod
from scaicontrol_core.payments.use_cases.add_payment_method import AddPaymentMethod
from scaicontrol_core.payments.use_cases.detach_payment_method import DetachPaymentMethod
from scaicontrol_core.payments.use_cases.list_payment_methods import ListPaymentMethods
from scaicontrol_core.payments.use_cases.set_default_payment_method import SetDefaultPaymentMethod
from scaicontrol_core.testing import MemoryWorld
from scaicontrol_core.testing.builders import TENANT_ID

ADMIN = Actor.system("property")
STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "add as default", "choose", "clear", "detach"]), st.integers(0, 5)), max_size=25
)


async def _step(world: MemoryWorld, what: str, which: int) -> None:
    active = await world.use(ListPaymentMethods)(ADMIN, TENANT_ID)
    gone = await world.use(ListPaymentMethods)(ADMIN, TENANT_ID, MethodStatus.DETACHED)
    known = [each.id for each in sorted((*active, *gone), key=lambda each: each.id or "") if each.id]
    if what.startswith("add"):
        wanted = NewPaymentMethod(
            mandate_reference=f"M{which}",
            debtor_name="Acme",
            iban="NL91ABNA0417164300",
            signed_on=date(2026, 1, 1),
            make_default=what == "add as default",
        )
        await world.use(AddPaymentMethod)(ADMIN, TENANT_ID, wanted)
    elif which < len(known) and what == "detach":
        await world.use(DetachPaymentMethod)(ADMIN, TENANT_ID, known[which])
    elif which < len(known):
        await world.use(SetDefaultPaymentMethod)(ADMIN, TENANT_ID, known[which], is_default=what == "choose")


async def _live(steps: list[tuple[str, int]]) -> None:
    world = await MemoryWorld.with_one_customer()
    references: list[str] = []
    for what, which in steps:
        with suppress(MandateReferenceTaken, PaymentMethodDetached, InvalidTransition):
            await _step(world, what, which)
        active = await world.use(ListPaymentMethods)(ADMIN, TENANT_ID)
        gone = await world.use(ListPaymentMethods)(ADMIN, TENANT_ID, MethodStatus.DETACHED)
        assert [each.is_default for each in active].count(True) == 1, "a mandate, or else bank transfer"
        assert active[0].kind is PaymentMethod.BANK_TRANSFER
        assert not any(each.is_default for each in gone)
        references = [str(each.mandate_reference) for each in (*active[1:], *gone)]
        assert len(set(references)) == len(references)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_one_default_at_most_and_never_a_detached_one(steps: list[tuple[str, int]]) -> None:
    asyncio.run(_live(steps))
