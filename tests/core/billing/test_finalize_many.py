"""Many drafts finalized at once: one transaction, consecutive numbers, and no bad draft stops a good one."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from attrs import evolve

from scaicontrol_core.access import Actor
from scaicontrol_core.billing.draft_input import DraftInput
from scaicontrol_core.billing.errors import EmptyInvoice
from scaicontrol_core.billing.finalizing import FinalizeOrder
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.billing.use_cases.finalize_invoices import FinalizeInvoices
from scaicontrol_core.kernel.errors import Forbidden, NotFound
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.scope import Scope
from scaicontrol_core.testing.builders import TENANT_ID
from scaicontrol_core.testing.faults import FaultyWork


def orders(*ids: InvoiceId) -> list[FinalizeOrder]:
    return [FinalizeOrder(invoice_id=each) for each in ids]


async def test_three_drafts_get_three_consecutive_numbers_in_the_order_asked_for(books: Any) -> None:
    drafts = [await books.draft() for _ in range(3)]
    asked = orders(drafts[2].id, drafts[0].id, drafts[1].id)

    made = await books.world.use(FinalizeInvoices)(books.admin, asked)

    numbers = [made.invoices[order.invoice_id].sequence for order in asked]
    assert numbers == [1, 2, 3]
    assert made.numbered == {draft.id for draft in drafts}
    assert (await books.audit())[0].faults == ()


async def test_a_bad_draft_is_reported_and_spends_no_number(books: Any) -> None:
    good, future = await books.draft(), await books.draft(invoice_date=date(2199, 1, 1))
    empty = await books.world.use(DraftInvoice)(books.admin, TENANT_ID, DraftInput(lines=()))

    made = await books.world.use(FinalizeInvoices)(
        books.admin, orders(empty.id, future.id, InvoiceId("inv_nobody"), good.id)
    )

    assert made.invoices[good.id].sequence == 1
    assert isinstance(made.refused[empty.id], EmptyInvoice)
    assert made.refused[future.id].code == "issue_date_invalid"
    assert isinstance(made.refused[InvoiceId("inv_nobody")], NotFound)
    assert (await books.audit())[0].documents == 1


async def test_what_has_a_number_already_keeps_it(books: Any) -> None:
    issued, draft = await books.issue(), await books.draft()

    made = await books.world.use(FinalizeInvoices)(books.admin, orders(issued.id, draft.id, draft.id))

    assert made.invoices[issued.id].number == issued.number
    assert made.invoices[draft.id].sequence == 2
    assert made.numbered == {draft.id}


@pytest.mark.parametrize("lost", ["lose_before", "lose_after"])
@pytest.mark.parametrize("together", [False, True], ids=["one", "many"])
async def test_a_commit_nobody_answered_is_looked_up(books: Any, lost: str, *, together: bool) -> None:
    """The caller gets its number, whether the lost COMMIT had given it or the next one does."""
    draft = await books.draft()
    work = FaultyWork(books.world.work)
    setattr(work, lost, 1)

    if together:
        made = await books.world.use(FinalizeInvoices, work=work)(books.admin, orders(draft.id))
        issued = made.invoices[draft.id]
    else:
        issued = await books.world.use(FinalizeInvoice, work=work)(books.admin, draft.id)

    assert issued.number == "SCAI-2026-000001"
    assert len(books.documents()) == 1
    assert (await books.audit())[0].faults == ()


async def test_the_audit_log_names_the_request_of_each(books: Any) -> None:
    first, second = await books.draft(), await books.draft()
    asked = [
        FinalizeOrder(invoice_id=first.id, request_id="req-1"),
        FinalizeOrder(invoice_id=second.id, request_id="req-2"),
    ]

    await books.world.use(FinalizeInvoices)(evolve(books.admin, request_id="leader"), asked)

    entries = [entry for entry in books.world.work.store.audit if entry.action == "invoice.finalized"]
    assert {entry.resource_id: entry.request_id for entry in entries} == {first.id: "req-1", second.id: "req-2"}


async def test_it_asks_for_the_permission(books: Any) -> None:
    nobody = evolve(Actor.anonymous(), scope=Scope.platform())
    with pytest.raises(Forbidden):
        await books.world.use(FinalizeInvoices)(nobody, orders())
