"""Invoices that go another way than by our mail."""

from __future__ import annotations

from typing import Any

import pytest

from scaicontrol_core.access import Actor
from scaicontrol_core.billing.lifecycle import InvoiceStatus
from scaicontrol_core.billing.use_cases.get_invoice import GetInvoice
from scaicontrol_core.billing.use_cases.record_hand_over import RecordHandOver
from scaicontrol_core.kernel.errors import Forbidden, NotFound
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.payments.payment_input import NewPayment
from scaicontrol_core.payments.use_cases.record_payment import RecordPayment


async def statuses(books: Any, *invoices: Any) -> list[InvoiceStatus]:
    found = [await books.world.use(GetInvoice)(books.admin, invoice.id) for invoice in invoices]
    return [invoice.status for invoice in found]


async def test_what_was_posted_is_sent_and_what_was_paid_before_is_paid(books: Any) -> None:
    posted, prepaid = await books.issue(), await books.issue()
    await books.world.use(RecordPayment)(books.admin, prepaid.id, NewPayment())
    assert await books.world.use(RecordHandOver)(books.admin, [posted.id, prepaid.id]) == 2
    assert await statuses(books, posted, prepaid) == [InvoiceStatus.SENT, InvoiceStatus.PAID]
    assert await books.world.use(RecordHandOver)(books.admin, [posted.id, prepaid.id]) == 0


async def test_a_draft_is_handed_to_nobody(books: Any) -> None:
    draft = await books.draft()
    assert await books.world.use(RecordHandOver)(books.admin, [draft.id]) == 0
    assert await statuses(books, draft) == [InvoiceStatus.DRAFT]


async def test_all_or_none_and_only_ones_own(books: Any) -> None:
    invoice = await books.issue()
    with pytest.raises(NotFound):
        await books.world.use(RecordHandOver)(books.admin, [invoice.id, InvoiceId("inv_none")])
    assert await statuses(books, invoice) == [InvoiceStatus.FINALIZED]
    through = await books.reseller("prt_through", "THRU", billing_model="pass_through")
    theirs = await books.issue(tenant_id=await books.customer("tnt_through", through))
    with pytest.raises(Forbidden):
        await books.world.use(RecordHandOver)(Actor.partner_admin("paula", through), [theirs.id])
