"""What every store promises of credit notes: never more than is left, whoever asks at once; gap-free numbers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from scaicontrol_adapters.sql.retry import retried
from scaicontrol_core.access import Actor
from scaicontrol_core.billing.credit_note import LineCredit, NewCreditNote
from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.errors import CreditExceedsInvoice, InvoiceFullyCredited
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.ports import InvoiceFilter
from scaicontrol_core.billing.use_cases.audit_numbering import AuditNumbering
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.billing.use_cases.issue_credit_note import IssueCreditNote
from scaicontrol_core.billing.use_cases.reissue_invoice import ReissueInvoice
from scaicontrol_core.documents.einvoice.precheck import EInvoiceCheck
from scaicontrol_core.kernel.errors import ScaiControlError, Stale
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.tax import standard_rates
from scaicontrol_core.testing import FixedClock, SequentialIds, builders
from scaicontrol_core.testing.builders import TENANT_ID

ADMIN = Actor.system("contract")
CHECK = EInvoiceCheck()


class Shop:
    """An operator with one customer, over one store."""

    def __init__(self, work: Any) -> None:
        clock, ids = FixedClock(), SequentialIds()
        self.work = work
        self.draft = DraftInvoice(work, clock, ids)
        self.finalize = FinalizeInvoice(work, clock, standard_rates(), CHECK)
        self.credit = retried(IssueCreditNote(work, clock, ids, CHECK))
        self.reissue = retried(ReissueInvoice(work, clock, ids, standard_rates(), CHECK))

    async def issue(self) -> Invoice:
        """Invoice three hours and a thousand calls."""
        lines = (
            LineInput(description="Advice", quantity="3", unit_price_cents="12500"),
            LineInput(description="Calls", quantity="1000", unit_price_cents="0.333"),
        )
        return await self.finalize(ADMIN, (await self.draft(ADMIN, TENANT_ID, DraftInput(lines=lines))).id)

    async def stored(self, invoice: Invoice) -> Invoice:
        """Read it again."""
        async with self.work.begin(ADMIN, read_only=True) as work:
            found: Invoice = await work.invoices.get(invoice.id)
        return found

    async def notes(self, invoice: Invoice) -> tuple[Invoice, ...]:
        """Return its credit notes."""
        async with self.work.begin(ADMIN, read_only=True) as work:
            page = await work.invoices.list(InvoiceFilter(referenced_invoice_id=invoice.id), PageRequest(sort="number"))
        found: tuple[Invoice, ...] = page.items
        return found

    async def is_in_order(self) -> bool:
        """Walk all series."""
        return all(not series.faults for series in await AuditNumbering(self.work)(ADMIN))


@pytest.fixture
async def shop(work_factory: Any) -> Shop:
    """It, on each backend."""
    async with work_factory.begin(ADMIN) as work:
        await work.partners.add(builders.new_partner())
        await work.tenants.add(builders.new_tenant())
        await work.billing_profiles.add(builders.new_profile())
        await work.commit()
    return Shop(work_factory)


async def test_an_invoice_remembers_what_was_taken_back_of_each_line(shop: Shop) -> None:
    invoice = await shop.issue()
    wanted = (LineCredit(position=1, quantity="0.5"), LineCredit(position=2, net_cents=33))
    first = await shop.credit(ADMIN, invoice.id, NewCreditNote(reason="Agreed", lines=wanted))
    kept = await shop.stored(invoice)
    assert kept.credited == first.original.credited
    assert [(line.position, line.net_cents, str(line.quantity)) for line in kept.credited.lines] == [
        (1, 6250, "0.5"),
        (2, 33, "0"),
    ]
    rest = await shop.credit(ADMIN, invoice.id, NewCreditNote(reason="The rest"))
    assert sum(note.gross_cents for note in (first.credit_note, rest.credit_note)) == -invoice.gross_cents
    assert [note.id for note in await shop.notes(invoice)] == list((await shop.stored(invoice)).credited.note_ids)
    assert (await shop.stored(rest.credit_note)).lines == rest.credit_note.lines
    assert await shop.is_in_order()


async def test_of_many_at_once_nobody_takes_more_than_is_left(shop: Shop) -> None:
    """Seven want a quarter of the first line each: four get it, whatever the order, and no number is lost."""
    invoice = await shop.issue()
    wanted = NewCreditNote(reason="Agreed", lines=(LineCredit(position=1, quantity="0.75"),))

    async def ask() -> int | None:
        while True:
            try:
                return (await shop.credit(ADMIN, invoice.id, wanted)).credit_note.net_cents
            except Stale:
                continue  # six lost races in a row: ask again, as a client would
            except CreditExceedsInvoice:
                return None

    answers = await asyncio.gather(*(ask() for _ in range(7)))
    assert sorted(answers, key=str) == [-9375] * 4 + [None] * 3
    notes = await shop.notes(invoice)
    assert [note.number for note in notes] == [f"SCAI-CN-2026-{count:06d}" for count in range(1, 5)]
    assert (await shop.stored(invoice)).credited.net_cents == 37500
    assert await shop.is_in_order()


async def test_two_that_credit_the_whole_at_once(shop: Shop) -> None:
    invoice = await shop.issue()
    everything = NewCreditNote(reason="Cancelled")
    answers = await asyncio.gather(
        *(shop.credit(ADMIN, invoice.id, everything) for _ in range(2)), return_exceptions=True
    )
    refused = [each for each in answers if isinstance(each, ScaiControlError)]
    assert [type(each) for each in refused] == [InvoiceFullyCredited]
    (note,) = await shop.notes(invoice)
    assert note.gross_cents == -invoice.gross_cents


async def test_an_invoice_is_written_anew_in_one_transaction(shop: Shop) -> None:
    invoice = await shop.issue()
    done = await shop.reissue(ADMIN, invoice.id, "Wrong address", finalize=True)
    assert [each.number for each in (done.original, done.credit_note, done.invoice)] == [
        "SCAI-2026-000001",
        "SCAI-CN-2026-000001",
        "SCAI-2026-000002",
    ]
    kept = await shop.stored(done.invoice)
    assert (kept.gross_cents, kept.lines) == (invoice.gross_cents, done.invoice.lines)
    assert await shop.is_in_order()
