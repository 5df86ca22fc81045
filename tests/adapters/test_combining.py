"""Callers that finalize at the same moment share one transaction, and each gets its own answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from attrs import define, evolve, field

from scaicontrol_adapters.combining import CombinedFinalization
from scaicontrol_core.access import Actor
from scaicontrol_core.billing.errors import EmptyInvoice
from scaicontrol_core.billing.finalizing import Finalizations, FinalizeOrder
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.kernel.errors import Conflict, Unavailable
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.testing import MemoryWorld, builders

ADMIN = Actor.system("combining")


@define
class SlowPlural:
    """A plural whose first call waits until the test lets it go, and which remembers its batches."""

    gate: asyncio.Event = field(factory=asyncio.Event)
    begun: asyncio.Semaphore = field(factory=lambda: asyncio.Semaphore(0))
    batches: list[list[FinalizeOrder]] = field(factory=list)
    error: Exception | None = None
    poison: InvoiceId | None = None

    async def __call__(self, actor: Actor, orders: Sequence[FinalizeOrder]) -> Finalizations:
        self.batches.append(list(orders))
        self.begun.release()
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        if self.poison in {order.invoice_id for order in orders}:
            raise ValueError(self.poison)
        bad = {order.invoice_id for order in orders if order.invoice_id.startswith("bad")}
        made = {order.invoice_id: _invoice(order.invoice_id) for order in orders if order.invoice_id not in bad}
        return Finalizations(invoices=made, refused={each: EmptyInvoice() for each in bad}, numbered=frozenset(made))


def _invoice(invoice_id: InvoiceId) -> Invoice:
    world = MemoryWorld()
    return Invoice(
        id=invoice_id,
        partner_id=builders.OPERATOR_ID,
        tenant_id=builders.TENANT_ID,
        seller_id=builders.OPERATOR_ID,
        currency="EUR",
        created_at=world.clock.now(),
    )


async def _ask(combined: CombinedFinalization, plural: SlowPlural, *ids: str, actor: Actor = ADMIN) -> list[object]:
    """Ask for the first alone; when it is under way, for all others; then let go."""
    first, *others = ids
    calls = [asyncio.create_task(combined(evolve(actor, request_id=f"req-{first}"), InvoiceId(first)))]
    await plural.begun.acquire()
    calls += [
        asyncio.create_task(combined(evolve(actor, request_id=f"req-{each}"), InvoiceId(each))) for each in others
    ]
    await asyncio.sleep(0)
    plural.gate.set()
    return list(await asyncio.gather(*calls, return_exceptions=True))


async def test_those_who_come_while_one_is_under_way_go_together() -> None:
    plural = SlowPlural()
    answers = await _ask(CombinedFinalization(plural), plural, "a", "b", "c", "d")

    assert [[order.invoice_id for order in batch] for batch in plural.batches] == [["a"], ["b", "c", "d"]]
    assert [answer.id for answer in answers if isinstance(answer, Invoice)] == ["a", "b", "c", "d"]
    assert [order.request_id for order in plural.batches[1]] == ["req-b", "req-c", "req-d"]


async def test_a_refused_draft_is_its_own_callers_error() -> None:
    plural = SlowPlural()
    first, bad, good = await _ask(CombinedFinalization(plural), plural, "a", "bad", "c")

    assert isinstance(first, Invoice)
    assert isinstance(bad, EmptyInvoice)
    assert isinstance(good, Invoice)


async def test_what_fails_whole_fails_for_all_of_the_batch_and_the_next_call_starts_anew() -> None:
    plural = SlowPlural(error=Conflict("no"))
    combined = CombinedFinalization(plural)
    assert all(isinstance(answer, Conflict) for answer in await _ask(combined, plural, "a", "b"))

    plural.error = None
    assert (await combined(ADMIN, InvoiceId("c"))).id == "c"


async def test_one_that_nobody_foresaw_spoils_nothing_for_the_others() -> None:
    plural = SlowPlural(poison=InvoiceId("x"))
    first, good, worst, better = await _ask(CombinedFinalization(plural), plural, "a", "b", "x", "c")

    assert [answer.id for answer in (first, good, better) if isinstance(answer, Invoice)] == ["a", "b", "c"]
    assert isinstance(worst, ValueError)
    assert [[order.invoice_id for order in batch] for batch in plural.batches] == [
        ["a"], ["b", "x", "c"], ["b"], ["x"], ["c"],
    ]  # fmt: skip


async def test_a_database_that_is_away_is_not_asked_for_each_of_them() -> None:
    plural = SlowPlural(error=Unavailable("gone"))
    answers = await _ask(CombinedFinalization(plural), plural, "a", "b", "c")

    assert all(isinstance(answer, Unavailable) for answer in answers)
    assert [len(batch) for batch in plural.batches] == [1, 2]


async def test_a_shutdown_leaves_nobody_waiting() -> None:
    plural = SlowPlural()
    combined = CombinedFinalization(plural)
    leader = asyncio.create_task(combined(ADMIN, InvoiceId("a")))
    await plural.begun.acquire()
    follower = asyncio.create_task(combined(ADMIN, InvoiceId("b")))
    await asyncio.sleep(0)
    (worker,) = combined._running
    worker.cancel()

    for caller in (leader, follower):
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(caller, timeout=5)
    plural.gate.set()
    assert (await combined(ADMIN, InvoiceId("c"))).id == "c"


async def test_another_actor_does_not_share_a_transaction() -> None:
    plural = SlowPlural()
    combined = CombinedFinalization(plural)
    mine = asyncio.create_task(combined(ADMIN, InvoiceId("a")))
    theirs = asyncio.create_task(combined(Actor.system("other"), InvoiceId("b")))
    await plural.begun.acquire()
    await plural.begun.acquire()
    plural.gate.set()
    assert [(await mine).id, (await theirs).id] == ["a", "b"]
    assert [len(batch) for batch in plural.batches] == [1, 1]


async def test_a_caller_who_goes_away_does_not_take_the_others_along() -> None:
    plural = SlowPlural()
    combined = CombinedFinalization(plural)
    leader = asyncio.create_task(combined(ADMIN, InvoiceId("a")))
    await plural.begun.acquire()
    follower = asyncio.create_task(combined(ADMIN, InvoiceId("b")))
    await asyncio.sleep(0)
    leader.cancel()
    plural.gate.set()
    assert (await follower).id == "b"
    with pytest.raises(asyncio.CancelledError):
        await leader
